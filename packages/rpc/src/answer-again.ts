import { TandemError } from './errors.ts';
import { type Answer, AnswerRecorded, AttemptUnfinished, type IdempotencyRecords } from './idempotency.ts';

/**
 * Makes sure that nobody reads any more what was so before an attempt took effect.
 *
 * @param cacheKeys what the attempt wrote, as `Answer` has them
 */
export type DropCached = (cacheKeys: readonly string[]) => Promise<void>;

/** Whether a transaction was refused because the call was made before: its last attempt came to nothing then. */
export function isDuplicateRefusal(error: unknown): error is AnswerRecorded | AttemptUnfinished {
  return error instanceof AnswerRecorded || error instanceof AttemptUnfinished;
}

/**
 * Runs a transaction. Where it finds that the call was answered before, or begun, `drop` is done before that is thrown on:
 * the first attempt may have died between COMMIT and telling the cache.
 */
export async function dropBeforeDuplicates<T>(drop: DropCached, transaction: () => Promise<T>): Promise<T> {
  try {
    return await transaction();
  } catch (error) {
    if (error instanceof AnswerRecorded) await dropWritten(drop, error.answer);
    if (error instanceof AttemptUnfinished) await dropWritten(drop, error);
    throw error;
  }
}

/** The same for records of answers: what they give out comes after `drop`. */
export function dropBeforeAnswers(drop: DropCached, records: IdempotencyRecords): IdempotencyRecords {
  return {
    async find(...which) {
      const answer = await records.find(...which);
      await dropWritten(drop, answer);
      return answer;
    },
    async putRefusal(...refusal) {
      const answer = await records.putRefusal(...refusal);
      await dropWritten(drop, answer);
      return answer;
    },
  };
}

async function dropWritten(drop: DropCached, attempt: Pick<Answer, 'cacheKeys'> | undefined): Promise<void> {
  await drop(attempt?.cacheKeys ?? []);
}

/**
 * What a caller is told of a change that stands while neither the cache nor the database could be told what to drop: it
 * must not be taken for one that was not made.
 *
 * @param database its name for a person, as `users database`
 */
export function madeButUntold(database: string, cause: unknown): TandemError {
  return new TandemError(
    'OUTCOME_UNKNOWN',
    `The change was made, but neither Redis nor the ${database} could be told what to drop from the cache; a retry with the same request_id settles it.`,
    { cause },
  );
}
