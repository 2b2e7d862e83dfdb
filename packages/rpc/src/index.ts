export type { InFlightLimits } from './admission.ts';
export {
  type DropCached,
  dropBeforeAnswers,
  dropBeforeDuplicates,
  isDuplicateRefusal,
  madeButUntold,
} from './answer-again.ts';
export { breakpoint } from './breakpoint.ts';
export { Bulkhead, type BulkheadOptions, type BulkheadRefusal } from './bulkhead.ts';
export type { Call } from './call.ts';
export { checkEtag } from './check-etag.ts';
export { chooseReader, type Readers } from './choose-reader.ts';
export { type Cursors, createCursors, type ResumableRequest } from './cursors.ts';
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
  type ServerStreamHandler,
  type UnaryHandler,
} from './handler.ts';
export {
  type Answer,
  AnswerRecorded,
  type AnswerWriter,
  AttemptUnfinished,
  type CallBounds,
  type Claim,
  type IdempotencyRecords,
  type RecordKey,
} from './idempotency.ts';
export type { ImportFailure, RowOutcome, RowRefusal } from './import-tally.ts';
export { formatAddress, isLoopback, type ListenAddress, parseListenAddress } from './listen-address.ts';
export { createLogger, LOG_LEVELS, type Logger, type LogLevel } from './logger.ts';
export type { Reply } from './mounted.ts';
export type { SecretDigest } from './mutation-claim.ts';
export { once } from './once.ts';
export { type Order, parseOrderBy } from './order-by.ts';
export { type BackgroundLog, createOutcomeTeller, type OutcomeTeller } from './outcome-teller.ts';
export { createPaging, type PagedRequest, type Paging, type PagingCall } from './paging.ts';
export { createPauses, type Pause } from './pauses.ts';
export { peerCallOptions } from './peer-call-options.ts';
export { toPeerFailure } from './peer-failure.ts';
export { type BackgroundWork, repeatInBackground } from './repeat-in-background.ts';
export { resolveFileVariables, type Variables } from './resolve-file-variables.ts';
export { runService, type Service, STOPPED_AFTER_GRACE_MS } from './run-service.ts';
export {
  assertLoopback,
  type Limits,
  type RunningServer,
  type ServerAddresses,
  type ServerOptions,
  startServer,
} from './server.ts';
export {
  ConfigError,
  listenVariable,
  parsedVariable,
  readVariables,
  type ServerConfig,
  serverVariables,
  targetVariable,
  toServerConfig,
  wholeNumberVariable,
} from './service-variables.ts';
export {
  createImportMeter,
  type ImportMeter,
  type ImportWork,
  type OnDuplicate,
  takeImport,
  writeCheckedRows,
} from './take-import.ts';
export { countIfAsked } from './total-size.ts';
export { untilAborted } from './until-aborted.ts';
export { readUpdateMask, requireGiven, type UpdateMaskOptions } from './update-mask.ts';
export { validateMessage } from './validate-message.ts';
export { type CallWatch, watchCalls } from './watch-calls.ts';
export type { Probe } from './watch-store.ts';
export { within } from './within.ts';
export { beginMessage, writeMessage, writeText } from './write-fields.ts';
