import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createHealthState } from './grpc/health-state.ts';
import { type Probe, watchStore } from './watch-store.ts';

const log = pino({ level: 'silent' });

describe('the watch over the database', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('says SERVING as soon as the first probe succeeds', async () => {
    const health = createHealthState();
    using _ = await watchStore({ probe: async () => {}, health, log });
    expect(health.serving).toBe(true);
  });

  it('says NOT_SERVING within 2 s of an outage that is noticed only by its silence, and SERVING after it', async () => {
    let probe: Probe = async () => {};
    const health = createHealthState();
    using _ = await watchStore({ probe: (signal) => probe(signal), health, log });
    probe = () => new Promise(() => {});
    await vi.advanceTimersByTimeAsync(2000);
    expect(health.serving).toBe(false);
    probe = async () => {};
    await vi.advanceTimersByTimeAsync(2000);
    expect(health.serving).toBe(true);
  });

  it('asks nothing more once it has ended', async () => {
    let asked = 0;
    const probe = async () => {
      asked++;
    };
    (await watchStore({ probe, health: createHealthState(), log }))[Symbol.dispose]();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(asked).toBe(1);
  });
});
