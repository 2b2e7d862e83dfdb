import DataLoader from 'dataloader';
import type { ScriptWord } from './redis-client.ts';

/** A step of the protocol for one entity. */
export interface Step {
  /** The entity's `cacheKey`. */
  readonly key: string;
  /** What the step's script is told beside the entity; of one script always as many. */
  readonly words: readonly ScriptWord[];
}

/** How steps of one kind are taken. */
export interface StepBatchesOptions<Reply> {
  /** The same for all keys that one script may touch. */
  readonly groupOf: (key: string) => number;
  /** Takes the steps of one group by one command; their replies in their order. */
  readonly send: (steps: readonly Step[]) => Promise<readonly Reply[]>;
}

/** As many as a batch of the contract has. */
const maxBatchSize = 1_000;

/**
 * Steps of one kind that are asked for in one turn of the event loop go as one command for each group, in the order in
 * which they were asked for: a command costs more on its way than a step in it.
 *
 * @returns takes a step; rejects with what its command failed with
 */
export function createStepBatches<Reply>({ groupOf, send }: StepBatchesOptions<Reply>): (step: Step) => Promise<Reply> {
  const steps = new DataLoader<Step, Reply>(
    async (asked) => {
      const replies = new Map<Step, Reply | Error>();
      const take = async (group: readonly Step[]) => {
        const taken = await send(group).catch(toError);
        for (const [index, step] of group.entries()) {
          const reply = taken instanceof Error ? taken : taken[index];
          if (reply !== undefined) replies.set(step, reply);
        }
      };
      await Promise.all([...Map.groupBy(asked, ({ key }) => groupOf(key)).values()].map(take));
      return asked.map((step) => replies.get(step) ?? new Error('a script gave no reply for a step'));
    },
    { cache: false, maxBatchSize },
  );
  return (step) => steps.load(step);
}

function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error('a script failed', { cause: thrown });
}
