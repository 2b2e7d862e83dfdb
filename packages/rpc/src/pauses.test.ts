import { expect, it } from 'vitest';
import { createPauses } from './pauses.ts';

const withinTime = { deadline: Number.POSITIVE_INFINITY, signal: new AbortController().signal };

it('lets others have their turn after so much text, and not before', async () => {
  const pause = createPauses(withinTime);
  expect([pause(6_000), pause(4_000)]).toEqual([undefined, undefined]);
  let hadTurn = false;
  setImmediate(() => {
    hadTurn = true;
  });
  await pause(1);
  expect(hadTurn).toBe(true);
  expect(pause(9_000)).toBeUndefined();
});

it('ends with the call', async () => {
  const pause = createPauses({ deadline: 0, signal: AbortSignal.abort(new Error('over')) });
  await expect(pause(20_000)).rejects.toThrow('over');
});
