import type { ConnectError } from '@connectrpc/connect';
import type { UniversalServerRequest } from '@connectrpc/connect/protocol';
import { parseTimeout as parseConnectTimeout } from '@connectrpc/connect/protocol-connect';
import { parseTimeout as parseGrpcTimeout } from '@connectrpc/connect/protocol-grpc';
import { TandemError } from '../errors.ts';
import type { Intake } from '../grpc/intercepted-call.ts';
import { Interruption } from '../interruption.ts';
import { toConnectError, toStatus } from '../status.ts';

/** What the bodies of calls with one request may take before they are whole: until then nothing else bounds them. */
export interface BodyLimits {
  /** How long one may take, in milliseconds; the call's own timeout where that is shorter. Default 60 s. */
  readonly bodyMaxMs?: number;
  /** How many bytes all of them may hold together, of each what is beyond 16 KiB. Default 64 MiB. */
  readonly bodiesMaxBytes?: number;
  /** Ends those that are not whole. Default: nothing does. */
  readonly intake?: Intake;
}

/** Gives a body piece by piece, within the limits; a piece beyond them is an error that Connect answers. */
export type BoundBody = (body: AsyncIterable<Uint8Array>, header: Headers) => AsyncIterable<Uint8Array>;

/** Not counted, so that slow senders of large bodies cannot keep out the many calls that are small. */
const FREE_BYTES = 16 * 1024;

/** What one edge's bodies share. */
export function createBodyIntake({
  bodyMaxMs = 60_000,
  bodiesMaxBytes = 64 * 1024 * 1024,
  intake,
}: BodyLimits): BoundBody {
  let heldBytes = 0;

  function takeRoom(bytes: number): void {
    if (heldBytes + bytes > bodiesMaxBytes) throw overloaded();
    heldBytes += bytes;
  }

  return async function* bound(body, header) {
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
    } catch (error) {
      throw error instanceof TandemError ? toAnswer(error, intake) : error;
    } finally {
      heldBytes -= countedBytes;
      wait[Symbol.dispose]();
      // Not awaited: it may itself wait for a piece that never comes. Nobody is left to hear of its failure.
      iterator.return?.().catch(() => {});
    }
  };
}

/** Waits that end when the time is over, or the intake. */
function boundWait(maxMs: number, intake: Intake | undefined): Disposable & Pick<Interruption<TandemError>, 'bounded'> {
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

function toAnswer(refusal: TandemError, intake: Intake | undefined): ConnectError {
  return toConnectError(toStatus(refusal, intake?.domain ?? ''));
}

function tooSlow(): TandemError {
  return new TandemError(
    'DEADLINE_EXCEEDED',
    'The time for this call was over before its request was whole. Send it again, with more time or faster.',
  );
}

function overloaded(): TandemError {
  return new TandemError(
    'OVERLOADED',
    'Requests that are not whole yet take all the room that there is for them. Try again later.',
  );
}

/** A request whose body, which is one message, comes within the limits. */
export function boundRequest(request: UniversalServerRequest, bound: BoundBody): UniversalServerRequest {
  const { body, header } = request;
  if (typeof body !== 'object' || body === null || !(Symbol.asyncIterator in body)) return request;
  return { ...request, body: bound(body, header) };
}
