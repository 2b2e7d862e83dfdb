export { describeIdempotency, type IdempotencySubject, type IdempotentStore } from './idempotency-suite.ts';
export { makeCall } from './make-call.ts';
export { makeClaim } from './make-claim.ts';
export { createRandom, type Random } from './random.ts';
export { reasonOf } from './reason-of.ts';
