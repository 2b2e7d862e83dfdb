import { Code, ConnectError } from '@connectrpc/connect';
import { codeName } from './code-names.ts';
import { TandemError } from './errors.ts';
import { readReason, readStatus, toConnectError, toStatus } from './status.ts';
import { UnreadableError } from './unreadable-error.ts';

/** How a call failed: what is sent, and what is logged and counted. */
export interface Failure {
  readonly error: ConnectError;
  /** As `NOT_FOUND`. */
  readonly code: string;
  readonly reason: string;
  /** What nobody foresaw: logged with its stack, and not told to the caller. */
  readonly defect?: unknown;
}

/** A refusal that was stored under a `request_id`, as the bytes of its status. */
export class RecordedRefusal extends Error {
  override readonly name = 'RecordedRefusal';
  readonly status: Uint8Array;

  constructor(status: Uint8Array) {
    super('The call was refused before; the recorded refusal stands.');
    this.status = status;
  }
}

/** What came out of the request stream instead of a message: the transport's own error, which is passed on. */
export class TransportFailure extends Error {
  override readonly name = 'TransportFailure';

  constructor(cause: unknown) {
    super('The request stream broke off.', { cause });
  }
}

/** Whatever a call threw, as an answer. @param domain the service's error domain, as `users.tandem` */
export function toFailure(thrown: unknown, { domain, requestId }: { domain: string; requestId: string }): Failure {
  if (thrown instanceof RecordedRefusal) return fromStatus(readStatus(thrown.status));
  if (thrown instanceof TransportFailure) return fromTransport(thrown.cause, { domain, requestId });
  if (thrown instanceof TandemError && thrown.reason !== 'INTERNAL') return fromStatus(toStatus(thrown, domain));
  const told = new TandemError(
    'INTERNAL',
    `Something went wrong that should not have. The server's log has the details under x-request-id ${requestId}.`,
  );
  return { ...fromStatus(toStatus(told, domain)), defect: thrown };
}

/** The request is no message of its type; the transport's parser knows why. */
export function unreadable(thrown: unknown): TandemError {
  const why = thrown instanceof UnreadableError ? thrown.message : 'it is no message of the type that the method takes';
  return new TandemError('REQUEST_UNREADABLE', `The request cannot be read: ${why}.`, { cause: thrown });
}

function fromStatus(status: ReturnType<typeof toStatus>): Failure {
  return { error: toConnectError(status), code: codeName(status.code), reason: readReason(status) };
}

function fromTransport(cause: unknown, where: { domain: string; requestId: string }): Failure {
  if (cause instanceof TandemError) return toFailure(cause, where);
  if (cause instanceof UnreadableError) return toFailure(unreadable(cause), where);
  const error =
    cause instanceof ConnectError ? cause : new ConnectError('The request stream broke off.', Code.Canceled);
  if (error.code === Code.Canceled) {
    return toFailure(new TandemError('CANCELLED', 'The caller went away before the answer.'), where);
  }
  return { error, code: codeName(error.code), reason: 'TRANSPORT' };
}
