import { describe, expect, it } from 'vitest';
import { createStepBatches, type Step } from './step-batches.ts';

const step = (key: string): Step => ({ key, words: [] });

/** Answers each step with its key; the commands that were sent, by the keys of their steps. */
function useBatches({ failing }: { failing?: string } = {}) {
  const sent: string[][] = [];
  const take = createStepBatches<string>({
    groupOf: (key) => key.charCodeAt(0),
    async send(steps) {
      const keys = steps.map(({ key }) => key);
      sent.push(keys);
      if (failing !== undefined && keys.includes(failing)) throw new Error('no answer');
      return keys;
    },
  });
  return { sent, take };
}

describe('steps of one turn', () => {
  it('go as one command for each group, in the order in which they were asked for', async () => {
    const { sent, take } = useBatches();
    const keys = ['a2', 'b1', 'a1', 'a2'];
    expect(await Promise.all(keys.map((key) => take(step(key))))).toEqual(keys);
    expect(sent).toEqual([['a2', 'a1', 'a2'], ['b1']]);
  });

  it('fail with their own command only', async () => {
    const { take } = useBatches({ failing: 'a1' });
    const outcomes = await Promise.allSettled([take(step('a1')), take(step('b1')), take(step('a2'))]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'rejected']);
  });

  it('are followed by another command in a later turn', async () => {
    const { sent, take } = useBatches();
    await take(step('a1'));
    await take(step('a2'));
    expect(sent).toEqual([['a1'], ['a2']]);
  });
});
