import { TandemError } from '@tandem/rpc';

/** A statement that PostgreSQL refused: the SQLSTATE without any text of the driver, which may hold values. */
export class StatementError extends Error {
  override readonly name = 'StatementError';
  readonly code: string;
  /** The violated constraint, where the error named one. */
  readonly constraint: string | undefined;

  constructor({ code, constraint, statement }: { code: string; constraint: string | undefined; statement: string }) {
    super(`PostgreSQL refused ${statement} (SQLSTATE ${code}${constraint === undefined ? '' : `, ${constraint}`}).`);
    this.code = code;
    this.constraint = constraint;
  }
}

/** Whether a statement met a unique constraint of this name. */
export function violatesUnique(error: unknown, constraint: string): boolean {
  return error instanceof StatementError && error.code === '23505' && error.constraint === constraint;
}

/** A serialization failure or a deadlock: running the whole transaction again may do better. */
export class Contended extends TandemError {
  constructor() {
    super('OVERLOADED', 'Too many calls change the same users at once; try again a little later.');
  }
}

/** The server takes no writes: it has become, or is, a standby. Another connection may lead to the new primary. */
export class ServerReadOnly extends TandemError {
  constructor() {
    super('STORE_UNAVAILABLE', 'The users database is read-only at the moment; try again.');
  }
}

/** Whether the error leaves open what became of a statement: no answer came, or the answer says the server went away. */
export function isUnanswered(error: unknown): boolean {
  const code = sqlStateOf(error);
  return code === undefined || code.startsWith('08') || code.startsWith('57P');
}

const unavailableCodes = /^(?:08...|53...|57P0.|58...|28...|3D000|25P03|25P04)$/;

/** Turns whatever the driver or the pool throws into an error of ours; those of ours stay. `statement` is a name. */
export function explainDriverError(error: unknown, statement: string): Error {
  if (error instanceof TandemError || error instanceof StatementError) return error;
  const code = sqlStateOf(error);
  if (code === undefined) return isConnectionFailure(error) ? storeUnavailable(error) : driverDefect(error, statement);
  if (code === '55P03') return lockedByAnother();
  if (code === '40001' || code === '40P01') return new Contended();
  if (code === '25006') return new ServerReadOnly();
  if (code === '57014') return new TandemError('DEADLINE_EXCEEDED', 'The users database took too long; try again.');
  if (unavailableCodes.test(code)) return storeUnavailable(error);
  return new StatementError({ code, constraint: constraintOf(error), statement });
}

export function storeUnavailable(cause?: unknown): TandemError {
  const why = describeCause(cause);
  const text = `The users database cannot be reached${why === undefined ? '' : ` (${why})`}; try again.`;
  return new TandemError('STORE_UNAVAILABLE', text);
}

function lockedByAnother(): TandemError {
  const text = 'An attempt that holds this request_id, e-mail or id is still running; try again.';
  return new TandemError('REQUEST_IN_PROGRESS', text);
}

/** The code alone: the texts of drivers name hosts, users and values. */
function describeCause(cause: unknown): string | undefined {
  if (cause instanceof Error && 'code' in cause && typeof cause.code === 'string') return cause.code;
  return undefined;
}

/** A five-character SQLSTATE. Every one of them has a digit; `EPIPE`, which Node's errors have, has none. */
export function sqlStateOf(error: unknown): string | undefined {
  if (error instanceof StatementError) return error.code;
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' && /^(?=.*\d)[0-9A-Z]{5}$/.test(error.code) ? error.code : undefined;
}

function constraintOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('constraint' in error)) return undefined;
  return typeof error.constraint === 'string' ? error.constraint : undefined;
}

const connectionTexts =
  /connection (?:terminated|ended|error)|not queryable|client was closed|timeout|timed? out|ECONN|aborted|unable to acquire/i;

function isConnectionFailure(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const isOfSocket = 'code' in error && /^(?:E[A-Z]+|ERR_STREAM_.*)$/.test(String(error.code));
  return isOfSocket || error instanceof AggregateError || connectionTexts.test(error.message);
}

function driverDefect(error: unknown, statement: string): Error {
  const kind = error instanceof Error ? error.name : typeof error;
  return new Error(`The driver failed in ${statement} (${kind}).`);
}
