/** The gRPC status codes that a reason may map to, by their numbers on the wire. */
const CANCELLED = 1;
const INVALID_ARGUMENT = 3;
const DEADLINE_EXCEEDED = 4;
const NOT_FOUND = 5;
const ALREADY_EXISTS = 6;
const PERMISSION_DENIED = 7;
const RESOURCE_EXHAUSTED = 8;
const FAILED_PRECONDITION = 9;
const ABORTED = 10;
const OUT_OF_RANGE = 11;
const UNIMPLEMENTED = 12;
const INTERNAL = 13;
const UNAVAILABLE = 14;
const UNAUTHENTICATED = 16;

/** What the contract says of a reason. */
export interface ReasonRule {
  /** The gRPC status code. */
  readonly code: number;
  /** The state decided it: it is an answer, and is kept under the call's `request_id`. */
  readonly decidedByState?: true;
  /** The field at fault where the error names none. */
  readonly field?: string;
  /** After how many milliseconds a retry makes sense, where the error does not say. */
  readonly retryAfterMs?: number;
}

const RULES = {
  FIELD_INVALID: { code: INVALID_ARGUMENT },
  REQUEST_UNREADABLE: { code: INVALID_ARGUMENT },
  REQUEST_ID_REUSED: { code: INVALID_ARGUMENT, field: 'request_id' },
  REQUEST_IN_PROGRESS: { code: ABORTED, retryAfterMs: 200 },
  ETAG_MISMATCH: { code: ABORTED, decidedByState: true },
  MASK_PATH_INVALID: { code: INVALID_ARGUMENT, field: 'update_mask' },
  PAGE_TOKEN_INVALID: { code: INVALID_ARGUMENT, field: 'page_token' },
  PAGE_TOKEN_MISMATCH: { code: INVALID_ARGUMENT, field: 'page_token' },
  ORDER_BY_INVALID: { code: INVALID_ARGUMENT, field: 'order_by' },
  CURSOR_INVALID: { code: INVALID_ARGUMENT, field: 'cursor' },
  CURSOR_EXPIRED: { code: OUT_OF_RANGE },
  DEADLINE_EXCEEDED: { code: DEADLINE_EXCEEDED },
  CANCELLED: { code: CANCELLED },
  OVERLOADED: { code: RESOURCE_EXHAUSTED, retryAfterMs: 250 },
  RATE_LIMITED: { code: RESOURCE_EXHAUSTED, retryAfterMs: 1000 },
  HASH_QUEUE_FULL: { code: RESOURCE_EXHAUSTED, retryAfterMs: 500 },
  LOGIN_THROTTLED: { code: RESOURCE_EXHAUSTED, retryAfterMs: 60_000 },
  RESPONSE_TOO_LARGE: { code: FAILED_PRECONDITION },
  STORE_UNAVAILABLE: { code: UNAVAILABLE, retryAfterMs: 500 },
  PEER_UNAVAILABLE: { code: UNAVAILABLE, retryAfterMs: 500 },
  OUTCOME_UNKNOWN: { code: UNAVAILABLE, retryAfterMs: 1000 },
  DRAINING: { code: UNAVAILABLE, retryAfterMs: 100 },
  CREDENTIALS_MISSING: { code: UNAUTHENTICATED },
  CREDENTIALS_INVALID: { code: UNAUTHENTICATED },
  SESSION_INVALID: { code: UNAUTHENTICATED },
  PERMISSION_DENIED: { code: PERMISSION_DENIED },
  NOT_IMPLEMENTED: { code: UNIMPLEMENTED },
  INTERNAL: { code: INTERNAL },
  ID_TAKEN: { code: ALREADY_EXISTS, decidedByState: true },
  EMAIL_TAKEN: { code: ALREADY_EXISTS, decidedByState: true },
  USER_NOT_FOUND: { code: NOT_FOUND, decidedByState: true },
  POST_NOT_FOUND: { code: NOT_FOUND, decidedByState: true },
  TRANSFER_NOT_FOUND: { code: NOT_FOUND, decidedByState: true },
  RESERVATION_NOT_FOUND: { code: NOT_FOUND, decidedByState: true },
  PASSWORD_INCORRECT: { code: FAILED_PRECONDITION, decidedByState: true },
  INSUFFICIENT_POINTS: { code: FAILED_PRECONDITION, decidedByState: true },
  POINTS_OUT_OF_RANGE: { code: FAILED_PRECONDITION, decidedByState: true },
  USER_INACTIVE: { code: FAILED_PRECONDITION, decidedByState: true },
  AUTHOR_NOT_FOUND: { code: FAILED_PRECONDITION, decidedByState: true },
  AUTHOR_INACTIVE: { code: FAILED_PRECONDITION, decidedByState: true },
  SAME_ACCOUNT: { code: INVALID_ARGUMENT, field: 'to_user_id' },
} as const satisfies Record<string, ReasonRule>;

/** The reasons of the contract's `ErrorReason` enums of both services, without prefix. */
export type Reason = keyof typeof RULES;

/** Every reason with its rule: the one place that says which status a reason becomes. */
export const REASON_RULES: Readonly<Record<Reason, ReasonRule>> = RULES;

/** One field that breaks a rule. */
export interface FieldViolation {
  /** The path in the request's proto names, as `user.email` or `ids[3]`. */
  readonly field: string;
  /** What is wrong and what would be right. */
  readonly description: string;
}

/** What a refusal may carry beside its reason and message. */
export interface TandemErrorOptions {
  /** `ErrorInfo.metadata`: facts for a program; never a secret or an e-mail. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** The fields at fault, for `BadRequest`. */
  readonly violations?: readonly FieldViolation[];
  /** After how many milliseconds a retry makes sense; the default is the reason's own. */
  readonly retryAfterMs?: number;
  /** What led to it; for the log, never on the wire. */
  readonly cause?: unknown;
}

/**
 * A refusal with a reason of the contract; the pipeline turns it into a status. The message is for a person: what
 * failed, which value, what to do; no secret, e-mail, SQL or driver text.
 */
export class TandemError extends Error {
  override readonly name = 'TandemError';
  readonly reason: Reason;
  readonly metadata: Readonly<Record<string, string>>;
  readonly violations: readonly FieldViolation[];
  readonly retryAfterMs: number | undefined;

  constructor(reason: Reason, message: string, options: TandemErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    const { field, retryAfterMs } = REASON_RULES[reason];
    this.reason = reason;
    this.metadata = options.metadata ?? {};
    this.violations = options.violations ?? (field === undefined ? [] : [{ field, description: message }]);
    this.retryAfterMs = options.retryAfterMs ?? retryAfterMs;
  }
}

/** A `FIELD_INVALID` refusal for one field; `field` is its path in proto names. */
export function fieldInvalid(field: string, description: string): TandemError {
  return new TandemError('FIELD_INVALID', `${field}: ${description}`, { violations: [{ field, description }] });
}
