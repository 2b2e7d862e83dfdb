import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { Breaker, type BreakerOptions, type BreakerState } from './breaker.ts';
import { CacheUnavailableError } from './cache-unavailable-error.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A breaker over a node that the test stops and continues. */
function useBreaker(options: Partial<BreakerOptions> = {}) {
  const node = { answers: true, probes: 0 };
  const states: BreakerState[] = [];
  const refusals: unknown[] = [];
  const breaker = new Breaker({
    async probe() {
      node.probes += 1;
      if (!node.answers) throw new CacheUnavailableError('timed out');
      return true;
    },
    beforeReads: async () => {},
    pauseBeforeReadsMs: 1_000,
    onChange: ({ state }) => states.push(state),
    onReadsRefused: (error) => refusals.push(error),
    ...options,
  });
  onTestFinished(() => breaker[Symbol.dispose]());
  return { breaker, node, states, refusals };
}

/** A breaker whose node may be read. */
async function useClosedBreaker(options: Partial<BreakerOptions> = {}) {
  const used = useBreaker(options);
  await vi.advanceTimersByTimeAsync(1_500);
  expect(used.breaker.mayRead()).toBe(true);
  return used;
}

describe('a breaker', () => {
  it('asks four times a second, traffic or none', async () => {
    const { node } = useBreaker();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(node.probes).toBe(40);
  });

  it('lets writes through at once, and reads a second later', async () => {
    const { breaker, states } = useBreaker();
    await breaker.ask();
    expect(breaker.state).toBe('writes');
    await vi.advanceTimersByTimeAsync(999);
    expect(breaker.mayRead()).toBe(false);
    await vi.advanceTimersByTimeAsync(251);
    expect(breaker.mayRead()).toBe(true);
    expect(states).toEqual(['writes', 'all']);
  });

  it('opens within a second of an outage, and closes in two steps', async () => {
    const { breaker, node, states } = await useClosedBreaker();
    node.answers = false;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(breaker.state).toBe('nothing');
    node.answers = true;
    await vi.advanceTimersByTimeAsync(250);
    expect(breaker.state).toBe('writes');
    await vi.advanceTimersByTimeAsync(1_250);
    expect(states).toEqual(['writes', 'all', 'nothing', 'writes', 'all']);
  });

  it('opens at once when the connection is gone', async () => {
    const { breaker } = await useClosedBreaker();
    breaker.open('ECONNRESET');
    expect([breaker.state, breaker.reason]).toEqual(['nothing', 'ECONNRESET']);
  });

  it('reads nothing before what was on record has been carried out', async () => {
    const carriedOut = Promise.withResolvers<void>();
    const { breaker } = useBreaker({ beforeReads: () => carriedOut.promise });
    await vi.advanceTimersByTimeAsync(5_000);
    expect(breaker.state).toBe('writes');
    carriedOut.resolve();
    await vi.advanceTimersByTimeAsync(0);
    expect(breaker.mayRead()).toBe(true);
  });

  it('tries again when it could not be carried out, and says so once', async () => {
    let tries = 0;
    const beforeReads = async () => {
      tries += 1;
      if (tries < 4) throw new Error('database away');
    };
    const { breaker, refusals } = useBreaker({ beforeReads });
    await vi.advanceTimersByTimeAsync(3_000);
    expect(tries).toBe(4);
    expect(breaker.mayRead()).toBe(true);
    expect(refusals).toHaveLength(1);
  });

  it('does not count what was carried out before another outage', async () => {
    const first = Promise.withResolvers<void>();
    let tries = 0;
    const { breaker, node } = useBreaker({
      beforeReads: () => (++tries === 1 ? first.promise : new Promise(() => {})),
    });
    await vi.advanceTimersByTimeAsync(1_500);
    expect(tries).toBe(1);
    node.answers = false;
    await vi.advanceTimersByTimeAsync(500);
    node.answers = true;
    await vi.advanceTimersByTimeAsync(250);
    first.resolve();
    await vi.advanceTimersByTimeAsync(250);
    expect(breaker.state).toBe('writes');
  });

  it('trusts nothing when it was held up for so long that it may have missed an outage', async () => {
    const { breaker, states } = await useClosedBreaker();
    // Time passes, timers do not run: a stopped process.
    vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 1_000);
    expect(breaker.mayRead()).toBe(false);
    vi.restoreAllMocks();
    await vi.advanceTimersByTimeAsync(2_500);
    expect(states.slice(2)).toEqual(['writes', 'all']);
  });

  it('says for how long there has been no answer, by the probes alone', async () => {
    const { breaker, node } = await useClosedBreaker();
    expect(breaker.unansweredMs).toBe(0);
    node.answers = false;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(breaker.unansweredMs).toBe(750);
    await vi.advanceTimersByTimeAsync(250);
    expect(breaker.unansweredMs).toBe(1_000);
    node.answers = true;
    await vi.advanceTimersByTimeAsync(250);
    expect(breaker.unansweredMs).toBe(0);
  });

  it('says nothing of a time in which it asked nobody', async () => {
    const { breaker, node } = await useClosedBreaker();
    node.answers = false;
    await vi.advanceTimersByTimeAsync(2_000);
    vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 1_000);
    expect(breaker.unansweredMs).toBe(0);
    vi.restoreAllMocks();
  });

  it('says no more, and keeps nobody waiting, once disposed', async () => {
    const { breaker, states } = await useClosedBreaker();
    breaker[Symbol.dispose]();
    await vi.advanceTimersByTimeAsync(1_000);
    expect([breaker.state, breaker.reason, breaker.unansweredMs]).toEqual(['nothing', 'closed', Infinity]);
    expect(states).toEqual(['writes', 'all']);
  });
});
