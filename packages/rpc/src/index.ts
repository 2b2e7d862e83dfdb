export type { Call } from './call.ts';
export { EncodedReply } from './encoded-reply.ts';
export {
  type FieldViolation,
  fieldInvalid,
  REASON_RULES,
  type Reason,
  type ReasonRule,
  TandemError,
  type TandemErrorOptions,
} from './errors.ts';
export {
  type BoundService,
  bind,
  type ClientStreamHandler,
  type HandlerOf,
  type Handlers,
  type Reply,
  type ServerStreamHandler,
  type UnaryHandler,
} from './handler.ts';
export { type Answer, AnswerRecorded, type CallBounds, type Claim, type IdempotencyRecords } from './idempotency.ts';
export { type Order, parseOrderBy } from './order-by.ts';
export { createPaging, type PagedRequest, type Paging, type PagingCall } from './paging.ts';
