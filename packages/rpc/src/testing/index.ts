export { describeIdempotency, type IdempotencySubject, type IdempotentStore } from './idempotency-suite.ts';
export { makeCall } from './make-call.ts';
