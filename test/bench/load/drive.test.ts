import { once } from 'node:events';
import { connect, createServer, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { LoadRequest } from '../workload.ts';
import { frameMessage } from './call-unary.ts';
import { closeAll, drive } from './drive.ts';

type Answer = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void;

const resources = new Set<() => void>();
afterEach(() => {
  for (const release of resources) release();
  resources.clear();
});

async function driveAgainst(answer: Answer, request: LoadRequest) {
  const server = createServer();
  server.on('stream', (stream, headers) => {
    stream.on('error', () => {});
    answer(stream, headers);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  session.on('error', () => {});
  resources.add(() => {
    closeAll([session]);
    server.close();
  });
  const counted: string[] = [];
  const result = await drive({
    sessions: [session],
    headersOf: (path = '/echo') => [':method', 'POST', ':path', path, 'content-type', 'application/grpc'],
    requests: [request],
    inFlightPerSession: 2,
    windowMs: 50,
    onWindowStart: () => counted.push('start'),
    onWindowEnd: () => counted.push('end'),
  });
  return { ...result, counted };
}

const request: LoadRequest = {
  message: Buffer.from('hello'),
  findFault: (reply) => (Buffer.from(reply).toString() === 'hello' ? undefined : 'another word'),
};

function answerOk(text: string): Answer {
  return (stream) => {
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.respond({ ':status': 200 }, { waitForTrailers: true });
    stream.end(frameMessage(Buffer.from(text)));
  };
}

describe('drive', () => {
  it('counts the calls of the window', async () => {
    const { calls, answered, failed, firstFailure, durationMs, counted } = await driveAgainst(
      answerOk('hello'),
      request,
    );
    expect(calls).toBeGreaterThan(0);
    expect(answered).toBeGreaterThan(calls);
    expect(durationMs).toBeGreaterThanOrEqual(49);
    expect({ failed, firstFailure, counted }).toEqual({
      failed: 0,
      firstFailure: undefined,
      counted: ['start', 'end'],
    });
  });

  it('takes the path of a request that has its own, and counts replies that are too old', async () => {
    const answerPath: Answer = (stream, headers) => answerOk(`${headers[':path']}`)(stream, headers);
    const own = {
      path: '/own',
      findFault: (reply: Uint8Array) => (Buffer.from(reply).toString() === '/own' ? undefined : 'another path'),
    };
    const old = await driveAgainst(answerPath, { ...request, ...own, watchAge: () => () => true });
    expect(old).toMatchObject({ failed: 0, stale: old.answered });
    expect(await driveAgainst(answerPath, { ...request, ...own, watchAge: () => () => false })).toMatchObject({
      failed: 0,
      stale: 0,
    });
  });

  it('sees a wrong reply behind an OK', async () => {
    const { failed, firstFailure } = await driveAgainst(answerOk('goodbye'), request);
    expect(failed).toBeGreaterThan(0);
    expect(firstFailure).toBe('another word');
  });

  it('sees a reply that cannot be read', async () => {
    const findFault = () => {
      throw new Error('cut short');
    };
    const { firstFailure } = await driveAgainst(answerOk('hello'), { ...request, findFault });
    expect(firstFailure).toBe('OK with a message that cannot be read (cut short)');
  });

  it('sees an OK without a message', async () => {
    const { firstFailure } = await driveAgainst((stream) => {
      stream.respond({ ':status': 200, 'grpc-status': '0' }, { endStream: true });
    }, request);
    expect(firstFailure).toBe('OK without a message');
  });

  it('sees a status that is not OK, in the headers as well as in the trailers', async () => {
    const { firstFailure } = await driveAgainst((stream) => {
      stream.respond({ ':status': 200, 'grpc-status': '14', 'grpc-message': 'away' }, { endStream: true });
    }, request);
    expect(firstFailure).toBe('grpc-status 14: away');
  });

  it('sees a call that was reset, and a connection that was lost', async () => {
    const reset = await driveAgainst((stream) => stream.close(2), request);
    expect(reset.firstFailure).toBe('no grpc-status (reset 2)');
    const lost = await driveAgainst((stream) => stream.session?.destroy(), request);
    expect(lost.failed).toBeGreaterThan(0);
    expect(lost.firstFailure).toMatch(/^no grpc-status/);
  });
});
