import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Turns } from './turns.ts';

const bounds = (timeoutMs = 10_000) => ({ deadline: Date.now() + timeoutMs, signal: new AbortController().signal });

/** Work that notes its beginning and ends when it is told. */
function makeWork(name: string, log: string[]) {
  const { promise, resolve } = Promise.withResolvers<void>();
  const work = async () => {
    log.push(name);
    await promise;
    return name;
  };
  return { work, end: resolve };
}

describe('turns', () => {
  it('come one at a time for an id, in order, and at once for different ids', async () => {
    const turns = new Turns();
    const log: string[] = [];
    const [a, b, c] = ['a', 'b', 'c'].map((name) => makeWork(name, log));
    const running = [turns.run(['x'], bounds(), a!.work), turns.run(['x', 'y'], bounds(), b!.work)];
    const other = turns.run(['z'], bounds(), c!.work);
    await setImmediate();
    expect(log).toEqual(['a', 'c']);
    c!.end();
    expect(await other).toBe('c');
    a!.end();
    await running[0];
    await setImmediate();
    expect(log).toEqual(['a', 'c', 'b']);
    b!.end();
    expect(await running[1]).toBe('b');
  });

  it('never wait for each other in a circle', async () => {
    const turns = new Turns();
    const orders = [['x', 'y'], ['y', 'x'], ['y'], ['x'], ['x', 'y', 'x']];
    const ended = await Promise.all(orders.map((ids, n) => turns.run(ids, bounds(), async () => n)));
    expect(ended).toEqual([0, 1, 2, 3, 4]);
  });

  it('pass on after work that fails', async () => {
    const turns = new Turns();
    const failing = turns.run(['x'], bounds(), () => Promise.reject(new Error('no')));
    const next = turns.run(['x'], bounds(), async () => 'next');
    await expect(failing).rejects.toThrow('no');
    expect(await next).toBe('next');
  });

  it('are given up at the deadline or for a caller who went away, and nobody passes by', async () => {
    const turns = new Turns();
    const log: string[] = [];
    const [first, last] = [makeWork('first', log), makeWork('last', log)];
    const running = turns.run(['x'], bounds(), first.work);
    const late = turns.run(['x'], bounds(5), async () => log.push('late'));
    const controller = new AbortController();
    const gone = turns.run(['x'], { ...bounds(), signal: controller.signal }, async () => log.push('gone'));
    const waiting = turns.run(['x'], bounds(), last.work);
    controller.abort(new Error('went away'));
    await Promise.all([
      expect(late).rejects.toMatchObject({ reason: 'DEADLINE_EXCEEDED' }),
      expect(gone).rejects.toThrow('went away'),
    ]);
    expect(log).toEqual(['first']);
    first.end();
    last.end();
    await Promise.all([running, waiting]);
    expect(log).toEqual(['first', 'last']);
  });
});
