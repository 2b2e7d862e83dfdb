import { describe, expect, it, vi } from 'vitest';
import { Bulkhead } from './bulkhead.ts';

const make = (options: { concurrency: number; queueLimit: number; maxWaitMs?: number }) =>
  new Bulkhead({ ...options, refuse: (why) => new Error(why) });

describe('Bulkhead', () => {
  it('lets so many in, the next when one leaves, in order', async () => {
    const bulkhead = make({ concurrency: 1, queueLimit: 2 });
    const leave = await bulkhead.enter();
    const order: string[] = [];
    const enterAs = async (name: string) => {
      const leaveLater = await bulkhead.enter();
      order.push(name);
      return leaveLater;
    };
    const second = enterAs('second');
    const third = enterAs('third');
    leave();
    (await second)();
    (await third)();
    expect(order).toEqual(['second', 'third']);
    expect(bulkhead.inside).toBe(0);
  });

  it('refuses at once when the queue is full', async () => {
    const bulkhead = make({ concurrency: 1, queueLimit: 0 });
    await bulkhead.enter();
    await expect(bulkhead.enter()).rejects.toThrow('queue-full');
  });

  it('refuses who has waited too long', async () => {
    vi.useFakeTimers();
    try {
      const bulkhead = make({ concurrency: 1, queueLimit: 1, maxWaitMs: 200 });
      await bulkhead.enter();
      const refused = expect(bulkhead.enter()).rejects.toThrow('waited-too-long');
      await vi.advanceTimersByTimeAsync(200);
      await refused;
    } finally {
      vi.useRealTimers();
    }
  });

  it('gives up the place in the queue of one whose signal is aborted', async () => {
    const bulkhead = make({ concurrency: 1, queueLimit: 1 });
    const leave = await bulkhead.enter();
    const controller = new AbortController();
    const gone = bulkhead.enter(controller.signal);
    controller.abort(new Error('went away'));
    await expect(gone).rejects.toThrow('went away');
    const next = bulkhead.enter();
    leave();
    (await next)();
    expect(bulkhead.inside).toBe(0);
  });
});
