import { TandemError } from '../errors.ts';
import type { Answer, Claim, IdempotencyRecords } from '../idempotency.ts';
import { AnswerRecorded } from '../idempotency.ts';

interface Row {
  readonly fingerprint: string;
  readonly answer: Answer;
}

/** Records in memory, with the one-statement transaction that a test's handler needs. */
export interface MemoryRecords extends IdempotencyRecords {
  /** As a store's: claims, runs the work, stores its reply before it is committed. */
  transaction<T extends object>(call: { claim: Claim | undefined }, work: () => Promise<T>): Promise<T>;
  readonly size: number;
}

/** What a service's store does with its database, for tests of the pipeline alone. */
export function createMemoryRecords(): MemoryRecords {
  const rows = new Map<string, Row>();

  function find(claim: Claim): Answer | undefined {
    const row = rows.get(keyOf(claim));
    if (row && row.fingerprint !== hex(claim)) throw new TandemError('REQUEST_ID_REUSED', 'request_id was used before');
    return row?.answer;
  }

  function put(claim: Claim, answer: Answer): Answer {
    const earlier = find(claim);
    if (earlier) return earlier;
    rows.set(keyOf(claim), { fingerprint: hex(claim), answer });
    return answer;
  }

  return {
    find: async (claim) => find(claim),
    putRefusal: async (claim, bytes) => put(claim, { kind: 'refusal', bytes }),
    async transaction({ claim }, work) {
      const earlier = claim && find(claim);
      if (earlier) throw new AnswerRecorded(earlier);
      const reply = await work();
      if (claim) put(claim, { kind: 'reply', bytes: claim.encodeReply(reply) });
      return reply;
    },
    get size() {
      return rows.size;
    },
  };
}

function keyOf({ caller, method, requestId }: Claim): string {
  return JSON.stringify([caller, method, requestId]);
}

function hex({ fingerprint }: Claim): string {
  return Buffer.from(fingerprint).toString('hex');
}
