import type { UniversalServerRequest } from '@connectrpc/connect/protocol';
import { parseTimeout as parseConnectTimeout } from '@connectrpc/connect/protocol-connect';
import { parseTimeout as parseGrpcTimeout } from '@connectrpc/connect/protocol-grpc';
import { TandemError } from '../errors.ts';
import { Interruption } from '../interruption.ts';
import { MessageFrames } from '../message-frames.ts';
import type { Pipeline } from '../pipeline.ts';
import { REQUEST_MAX_MS, tooSlow } from '../unreceived.ts';

/** What request messages may take before they are whole: until then nothing else bounds them. */
export interface BodyLimits {
  /**
   * How long one may take, in milliseconds; where the call has no other, the call's own timeout if that is shorter.
   * Default 60 s.
   */
  readonly bodyMaxMs?: number;
  /** How many bytes the bodies of calls with one request may hold together, of each what is beyond 16 KiB. Default 64 MiB. */
  readonly bodiesMaxBytes?: number;
  /** Ends those that are not whole. Default: nothing does. */
  readonly intake?: Pick<Pipeline, 'intake'>;
}

/** Gives a body piece by piece, within the limits; throws a TandemError in place of a piece that is beyond them. */
export type BoundBody = (body: AsyncIterable<Uint8Array>, header: Headers) => AsyncIterable<Uint8Array>;

/** How bodies are bound: those that are one message, and those that are many. */
export interface BodyIntake {
  readonly whole: BoundBody;
  readonly each: BoundBody;
}

/** Not counted, so that slow senders of large bodies cannot keep out the many calls that are small. */
const FREE_BYTES = 16 * 1024;

/** What one edge's bodies share. */
export function createBodyIntake({
  bodyMaxMs = REQUEST_MAX_MS,
  bodiesMaxBytes = 64 * 1024 * 1024,
  intake,
}: BodyLimits): BodyIntake {
  let heldBytes = 0;

  function takeRoom(bytes: number): void {
    if (heldBytes + bytes > bodiesMaxBytes) throw overloaded();
    heldBytes += bytes;
  }

  async function* whole(body: AsyncIterable<Uint8Array>, header: Headers) {
    const wait = boundWait(Math.min(bodyMaxMs, timeoutOf(header)), intake);
    const iterator = body[Symbol.asyncIterator]();
    let readBytes = 0;
    let countedBytes = 0;
    try {
      for (;;) {
        const { done, value } = await wait.bounded(iterator.next());
        if (done) return;
        readBytes += value.length;
        const uncounted = Math.max(readBytes - FREE_BYTES, 0) - countedBytes;
        takeRoom(uncounted);
        countedBytes += uncounted;
        yield value;
      }
    } finally {
      heldBytes -= countedBytes;
      wait[Symbol.dispose]();
      leave(iterator);
    }
  }

  return { whole, each: (body) => boundEach(body, bodyMaxMs) };
}

/** Not awaited: it may itself wait for a piece that never comes. Nobody is left to hear of its failure. */
function leave(iterator: AsyncIterator<Uint8Array>): void {
  iterator.return?.().catch(() => {});
}

/** Only waits for the rest of a message are bound: a caller may take its time between them, and a handler with each. */
async function* boundEach(body: AsyncIterable<Uint8Array>, messageMaxMs: number): AsyncIterable<Uint8Array> {
  const iterator = body[Symbol.asyncIterator]();
  const frames = new MessageFrames();
  let leftMs = messageMaxMs;
  try {
    for (;;) {
      const { begun } = frames;
      const askedAt = performance.now();
      const { done, value } = await (frames.isPartial ? within(leftMs, iterator.next()) : iterator.next());
      if (done) return;
      frames.read(value);
      leftMs = frames.begun > begun ? messageMaxMs : leftMs - (performance.now() - askedAt);
      yield value;
    }
  } finally {
    leave(iterator);
  }
}

/** @throws TandemError where it takes longer */
async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  const wait = boundWait(ms, undefined);
  try {
    return await wait.bounded(work);
  } finally {
    wait[Symbol.dispose]();
  }
}

/** Waits that end when the time is over, or the intake. */
function boundWait(
  maxMs: number,
  intake: BodyLimits['intake'],
): Disposable & Pick<Interruption<TandemError>, 'bounded'> {
  const interruption = new Interruption<TandemError>();
  const interrupt = (reason: TandemError) => interruption.interrupt(reason);
  const timer = setTimeout(() => interrupt(tooSlow()), maxMs);
  intake?.intake.subscribe(interrupt);
  return {
    bounded: (work) => interruption.bounded(work),
    [Symbol.dispose]() {
      clearTimeout(timer);
      intake?.intake.unsubscribe(interrupt);
    },
  };
}

/** Infinite where the caller names none, or names one that Connect refuses. */
function timeoutOf(header: Headers): number {
  const timeouts = [
    parseConnectTimeout(header.get('connect-timeout-ms'), Number.POSITIVE_INFINITY),
    parseGrpcTimeout(header.get('grpc-timeout'), Number.POSITIVE_INFINITY),
  ];
  return Math.min(...timeouts.map(({ timeoutMs }) => timeoutMs ?? Number.POSITIVE_INFINITY));
}

function overloaded(): TandemError {
  return new TandemError(
    'OVERLOADED',
    'Requests that are not whole yet take all the room that there is for them. Try again later.',
  );
}

/** A request whose body comes within the limits. */
export function boundRequest(request: UniversalServerRequest, bound: BoundBody): UniversalServerRequest {
  const { body, header } = request;
  if (typeof body !== 'object' || body === null || !(Symbol.asyncIterator in body)) return request;
  return { ...request, body: bound(body, header) };
}
