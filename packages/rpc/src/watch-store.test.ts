import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
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

describe('a database that answers while the process itself is held up', () => {
  it('is not taken for one that does not', async () => {
    const database = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void database.close());
    await once(database, 'listening');
    const probe = async () => {
      const socket = connect((database.address() as AddressInfo).port, '127.0.0.1');
      const answered = once(socket, 'connect');
      holdUp(1500);
      await answered;
      socket.destroy();
    };
    const health = createHealthState();
    using _ = await watchStore({ probe, health, log });
    expect(health.serving).toBe(true);
  });
});

/** Nothing else runs meanwhile: no timer, no socket. */
function holdUp(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
