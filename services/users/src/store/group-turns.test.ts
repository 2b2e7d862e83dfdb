import { describe, expect, it } from 'vitest';
import { createGroupTurns } from './group-turns.ts';

const longMs = 600_000;

describe('the turns of groups', () => {
  it('come with the tick where nothing is under way', async () => {
    const turns = createGroupTurns({ maxWaitMs: longMs });
    turns.take(Promise.resolve());
    turns.take(Promise.reject(new Error('failed')));
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise<void>((resolve) => turns.next(resolve));
  });

  it('come when what is under way is over', async () => {
    const turns = createGroupTurns({ maxWaitMs: longMs });
    const { promise: group, resolve: end } = Promise.withResolvers<void>();
    const order: string[] = [];
    turns.take(group);
    const begun = new Promise<void>((resolve) => turns.next(resolve)).then(() => order.push('begun'));
    for (let tick = 0; tick < 10; tick += 1) await new Promise((resolve) => setImmediate(resolve));
    order.push('ends');
    end();
    await begun;
    expect(order).toEqual(['ends', 'begun']);
  });

  it('do not wait for what lasts', async () => {
    const turns = createGroupTurns({ maxWaitMs: 1 });
    turns.take(new Promise(() => {}));
    await new Promise<void>((resolve) => turns.next(resolve));
  });
});
