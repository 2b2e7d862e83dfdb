import { create, toBinary } from '@bufbuild/protobuf';
import { type CallOptions, Code, ConnectError } from '@connectrpc/connect';
import { BatchGetUsersResponseSchema } from '@tandem/contracts/users';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createUsersDirectory } from './users-directory.ts';

const unavailable = expect.objectContaining({ reason: 'PEER_UNAVAILABLE' });

/** A peer that answers when it is told to. */
function createPeer() {
  const requests: {
    ids: readonly string[];
    options: CallOptions | undefined;
    answer(bytes?: Uint8Array): void;
    fail(): void;
  }[] = [];
  const peer = {
    encoded: {
      batchGetUsers({ ids = [] }: { ids?: string[] }, options?: CallOptions) {
        const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
        const users = ids.map((id) => ({ id, isActive: true }));
        const reply = toBinary(BatchGetUsersResponseSchema, create(BatchGetUsersResponseSchema, { users }));
        options?.signal?.addEventListener('abort', () => reject(new ConnectError('gone', Code.Canceled)));
        const fail = () => reject(new ConnectError('down', Code.Unavailable));
        requests.push({ ids, options, answer: (bytes = reply) => resolve(bytes), fail });
        return promise;
      },
    },
  };
  return { requests, directory: createUsersDirectory(peer) };
}

function makeCall(deadlineMs = 60_000) {
  const controller = new AbortController();
  const { signal } = controller;
  return { requestId: 'r', traceparent: undefined, deadline: Date.now() + deadlineMs, signal, controller };
}

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));
const name = (count: number, prefix: string) => Array.from({ length: count }, (_, n) => `${prefix}${n}`);

describe('the users directory', () => {
  it('asks once for all that is wanted in one turn of the event loop, and for each id once', async () => {
    const { requests, directory } = createPeer();
    const first = directory.findMany(['a', 'b'], makeCall());
    const second = directory.findMany(['b', 'c'], makeCall());
    const third = directory.find('d', makeCall());
    await nextTurn();
    expect(requests.map(({ ids }) => ids)).toEqual([['a', 'b', 'c', 'd']]);
    requests[0]?.answer();
    expect((await first).get('b')?.isActive).toBe(true);
    expect((await second).get('c')?.isActive).toBe(true);
    expect((await third)?.isActive).toBe(true);
  });

  it('joins no request that has been sent', async () => {
    const { requests, directory } = createPeer();
    const first = directory.find('a', makeCall());
    await nextTurn();
    const second = directory.find('a', makeCall());
    await nextTurn();
    expect(requests).toHaveLength(2);
    for (const { answer } of requests) answer();
    await Promise.all([first, second]);
  });

  it('shares a request among a hundred ids at most, and never tears apart what one call wants', async () => {
    const { requests, directory } = createPeer();
    const lookups = ['x', 'y', 'x', 'z'].map((prefix) => directory.findMany(name(40, prefix), makeCall()));
    await nextTurn();
    expect(requests.map(({ ids }) => ids.length)).toEqual([80, 40]);
    for (const { answer } of requests) answer();
    const found = await Promise.all(lookups);
    expect(found.map((authors, n) => authors.has(`${'xyxz'[n]}39`))).toEqual([true, true, true, true]);
  });

  it('makes nobody wait for the many authors of another call', async () => {
    const { requests, directory } = createPeer();
    const many = directory.findMany(name(999, 'x'), makeCall());
    const one = directory.find('x7', makeCall());
    await nextTurn();
    expect(requests.map(({ ids }) => ids.length)).toEqual([999, 1]);
    requests[1]?.answer();
    expect((await one)?.isActive).toBe(true);
    requests[0]?.fail();
    await expect(many).rejects.toEqual(unavailable);
  });

  it('asks under the request id and the trace of the call that came first', async () => {
    const { requests, directory } = createPeer();
    const traced = (requestId: string) => ({ ...makeCall(), requestId, traceparent: `00-${requestId}` });
    const lookups = ['first', 'second'].map((id) => directory.findMany([id], traced(id)));
    await nextTurn();
    const headers = requests.map(({ options }) => [...new Headers(options?.headers)]);
    expect(headers).toEqual([
      [
        ['traceparent', '00-first'],
        ['x-request-id', 'first'],
      ],
    ]);
    requests[0]?.answer();
    await Promise.all(lookups);
  });

  it('lets a call go on whose time is over, and ends the request for none of the others', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    onTestFinished(() => void vi.useRealTimers());
    const { requests, directory } = createPeer();
    const call = makeCall(50);
    const hurried = directory.findMany(['a'], call);
    const patient = directory.findMany(['b'], makeCall());
    const refused = expect(hurried).rejects.toEqual(unavailable);
    await nextTurn();
    await refused;
    expect(requests[0]?.options?.timeoutMs).toBe(3_000);
    call.controller.abort();
    expect(requests[0]?.options?.signal?.aborted).toBe(false);
    requests[0]?.answer();
    expect((await patient).has('b')).toBe(true);
  });

  it('lets a call go at once that is cancelled, and answers the others', async () => {
    vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const { requests, directory } = createPeer();
    const call = makeCall();
    const refused = vi.fn();
    directory.findMany(['a'], call).catch(refused);
    const patient = directory.findMany(['b'], makeCall());
    await nextTurn();
    const reason = new Error('the caller went away');
    call.controller.abort(reason);
    await vi.advanceTimersByTimeAsync(100);
    expect(refused).toHaveBeenCalledWith(reason);
    expect(requests[0]?.options?.signal?.aborted).toBe(false);
    requests[0]?.answer();
    expect((await patient).has('b')).toBe(true);
  });

  it('ends the request when all who wait for it have gone, each for its own reason', async () => {
    const { requests, directory } = createPeer();
    const calls = [makeCall(), makeCall()];
    const lookups = calls.map((call) => directory.findMany(['a'], call));
    await nextTurn();
    const reasons = ['cancelled', 'late'].map((text) => new Error(text));
    for (const [n, { controller }] of calls.entries()) controller.abort(reasons[n]);
    const refusals = reasons.map((reason) => ({ status: 'rejected', reason }));
    expect(await Promise.allSettled(lookups)).toEqual(refusals);
    await vi.waitFor(() => expect(requests[0]?.options?.signal?.aborted).toBe(true), 10_000);
  });

  it('says that the peer is not available to all who asked together', async () => {
    const { requests, directory } = createPeer();
    const lookups = ['a', 'b'].map((id) => directory.findMany([id], makeCall()));
    await nextTurn();
    requests[0]?.fail();
    for (const lookup of lookups) await expect(lookup).rejects.toEqual(unavailable);
  });
  it('says that the peer is not available where its reply cannot be read', async () => {
    const { requests, directory } = createPeer();
    const lookup = directory.findMany(['a'], makeCall());
    await nextTurn();
    requests[0]?.answer(Uint8Array.of(0xff));
    await expect(lookup).rejects.toEqual(unavailable);
  });
});
