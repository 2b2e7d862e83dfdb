import { describe, expect, it, vi } from 'vitest';
import { Bulkhead } from './bulkhead.ts';

const make = (options: { concurrency: number; queueLimit: number; maxWaitMs?: number; maxStallMs?: number }) =>
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
      await vi.advanceTimersByTimeAsync(201);
      await refused;
    } finally {
      vi.useRealTimers();
    }
  });

  it('refuses who waits while nobody leaves, and nobody while there is progress', async () => {
    vi.useFakeTimers();
    try {
      const bulkhead = make({ concurrency: 1, queueLimit: 9, maxWaitMs: 2_000, maxStallMs: 200 });
      let leave = await bulkhead.enter();
      const served = Array.from({ length: 6 }, () => bulkhead.enter());
      const last = expect(bulkhead.enter()).rejects.toThrow('stalled');
      for (const next of served) {
        await vi.advanceTimersByTimeAsync(150);
        leave();
        leave = await next;
      }
      await vi.advanceTimersByTimeAsync(190);
      const late = expect(bulkhead.enter()).rejects.toThrow('stalled');
      await vi.advanceTimersByTimeAsync(50);
      await last;
      expect(bulkhead.waiting).toBe(1);
      await vi.advanceTimersByTimeAsync(200);
      await late;
    } finally {
      vi.useRealTimers();
    }
  });

  it('takes nothing for a stall while something happens inside', async () => {
    vi.useFakeTimers();
    try {
      let progressedAt = 0;
      const bulkhead = new Bulkhead({
        ...{ concurrency: 1, queueLimit: 1, maxStallMs: 200, progressedAt: () => progressedAt },
        refuse: (why) => new Error(why),
      });
      await bulkhead.enter();
      const refused = expect(bulkhead.enter()).rejects.toThrow('stalled');
      await vi.advanceTimersByTimeAsync(150);
      progressedAt = performance.now();
      await vi.advanceTimersByTimeAsync(199);
      expect(bulkhead.waiting).toBe(1);
      await vi.advanceTimersByTimeAsync(50);
      await refused;
    } finally {
      vi.useRealTimers();
    }
  });

  it('takes no spell in which this process did nothing for a wait', async () => {
    const bulkhead = make({ concurrency: 1, queueLimit: 1, maxWaitMs: 200, maxStallMs: 200 });
    const leave = await bulkhead.enter();
    const next = bulkhead.enter();
    const busyUntil = performance.now() + 400;
    while (performance.now() < busyUntil);
    for (let turn = 0; turn < 4; turn += 1) await new Promise(setImmediate);
    expect(bulkhead.waiting).toBe(1);
    leave();
    (await next)();
    expect(bulkhead.inside).toBe(0);
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
