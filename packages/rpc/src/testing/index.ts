export { describeIdempotency, type IdempotencySubject, type IdempotentStore } from './idempotency-suite.ts';
