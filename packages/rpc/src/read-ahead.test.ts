import { describe, expect, it } from 'vitest';
import { readAhead } from './read-ahead.ts';

async function* count(asked: number[], { until, failure }: { until: number; failure?: Error }) {
  for (let number = 1; number <= until; number += 1) {
    asked.push(number);
    yield number;
  }
  if (failure) throw failure;
}

describe('readAhead', () => {
  it('asks for the next item before it gives one, and for no more', async () => {
    const asked: number[] = [];
    const seen: [number, number][] = [];
    for await (const number of readAhead(count(asked, { until: 3 }))) seen.push([number, asked.length]);
    expect(seen).toEqual([
      [1, 2],
      [2, 3],
      [3, 3],
    ]);
  });

  it('tells a failure after the items before it', async () => {
    const seen: number[] = [];
    const reading = (async () => {
      for await (const number of readAhead(count([], { until: 2, failure: new Error('broken') }))) seen.push(number);
    })();
    await expect(reading).rejects.toThrow('broken');
    expect(seen).toEqual([1, 2]);
  });

  it('ends what it reads from when its reader ends', async () => {
    let ended = false;
    async function* items() {
      try {
        yield* [1, 2, 3];
      } finally {
        ended = true;
      }
    }
    for await (const _ of readAhead(items())) break;
    await Promise.resolve();
    expect(ended).toBe(true);
  });
});
