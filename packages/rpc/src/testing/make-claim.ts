import { createHash, randomUUID } from 'node:crypto';
import type { Claim } from '../idempotency.ts';

/** A claim of an id of its own, whose replies are stored as JSON. */
export function makeClaim({ requestId = randomUUID() as string, payload = 'payload' } = {}): Claim {
  return {
    caller: 'suite',
    method: 'suite.Suite/Write',
    requestId,
    fingerprint: createHash('sha256').update(payload).digest(),
    encodeReply: (reply) => Buffer.from(JSON.stringify(reply)),
  };
}
