import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { mapInLanes } from './map-in-lanes.ts';

const items = Array.from({ length: 20 }, (_, index) => index);

describe('mapInLanes', () => {
  it('has no more at once than it may, and gives the results in order', async () => {
    let [running, most] = [0, 0];
    const results = await mapInLanes(items, {
      lanes: 3,
      async map(item) {
        running += 1;
        most = Math.max(most, running);
        await nextTurn();
        if (item % 3 === 0) await nextTurn();
        running -= 1;
        return item * 2;
      },
    });
    expect({ results, most }).toEqual({ results: items.map((item) => item * 2), most: 3 });
  });

  it('begins nothing after a failure, and tells it', async () => {
    const begun: number[] = [];
    const mapping = mapInLanes(items, {
      lanes: 2,
      async map(item) {
        begun.push(item);
        await nextTurn();
        if (item === 4) throw new Error('four');
      },
    });
    await expect(mapping).rejects.toThrow('four');
    for (const _ of items) await nextTurn();
    expect(begun.length).toBeLessThan(8);
  });

  it('maps nothing to nothing', async () => {
    expect(await mapInLanes([], { lanes: 2, map: async () => 1 })).toEqual([]);
  });
});
