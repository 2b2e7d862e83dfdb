import { toBinary } from '@bufbuild/protobuf';
import { StatusSchema } from '@tandem/contracts/wire';
import { encodeReply } from './encode-reply.ts';
import { EncodedReply } from './encoded-reply.ts';
import { REASON_RULES, TandemError } from './errors.ts';
import { RecordedRefusal } from './failure.ts';
import { type Answer, AnswerRecorded, type IdempotencyRecords } from './idempotency.ts';
import type { LiveCall } from './live-call.ts';
import type { MethodPlan } from './method-plan.ts';
import { toStatus } from './status.ts';

/** Where refusals are kept, and in whose name. */
export interface RefusalRecords {
  /** The error domain, as `users.tandem`. */
  readonly domain: string;
  readonly records: IdempotencyRecords | undefined;
}

/**
 * Runs a handler and makes its answer the one that is recorded: the reply that its transaction stored, the answer that an
 * earlier attempt left, or the refusal that is stored now because the state decided it.
 */
export async function answerMutation(
  plan: MethodPlan,
  { call, domain, records }: RefusalRecords & { call: LiveCall },
  handle: () => Promise<object>,
): Promise<EncodedReply> {
  try {
    const reply = await handle();
    return new EncodedReply(call.claim?.encoded(reply) ?? encodeReply(plan.method.output, reply));
  } catch (thrown) {
    if (thrown instanceof AnswerRecorded) return replay(thrown.answer);
    const { claim } = call;
    if (claim === undefined || records === undefined || !isAnswer(thrown) || call.abortReason) throw thrown;
    const refusal = toBinary(StatusSchema, toStatus(thrown, domain));
    return replay(await records.putRefusal(claim, refusal, call));
  }
}

function isAnswer(thrown: unknown): thrown is TandemError {
  return thrown instanceof TandemError && REASON_RULES[thrown.reason].decidedByState === true;
}

function replay({ kind, bytes }: Answer): EncodedReply {
  if (kind === 'refusal') throw new RecordedRefusal(bytes);
  return new EncodedReply(bytes);
}
