/** Upper bounds of the duration's buckets, in milliseconds. */
const BOUNDS_MS = [1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000];

/** Calls by method and code, and how long they took. Counted by hand: prom-client's labels cost 2 µs a call. */
export interface CallTallies {
  count(method: string, code: string, durationMs: number): void;
  /** Counter and histogram in the text format of Prometheus. */
  text(): string;
}

interface Tally {
  readonly codes: Map<string, number>;
  /** Calls by the first bucket that holds them; the last is beyond all bounds. */
  readonly buckets: number[];
  sumMs: number;
}

/** Tallies of one server; they count from zero, and nothing resets them. */
export function createCallTallies(): CallTallies {
  const tallies = new Map<string, Tally>();
  return {
    count(method, code, durationMs) {
      const tally = tallies.get(method) ?? createTally();
      tallies.set(method, tally);
      tally.codes.set(code, (tally.codes.get(code) ?? 0) + 1);
      const bucket = bucketOf(durationMs);
      tally.buckets[bucket] = (tally.buckets[bucket] ?? 0) + 1;
      tally.sumMs += durationMs;
    },
    text: () => `${[...describeCounts(tallies), ...describeDurations(tallies)].join('\n')}\n`,
  };
}

function createTally(): Tally {
  return { codes: new Map(), buckets: [...BOUNDS_MS, 0].map(() => 0), sumMs: 0 };
}

function bucketOf(durationMs: number): number {
  let bucket = 0;
  while (durationMs > (BOUNDS_MS[bucket] ?? Number.POSITIVE_INFINITY)) bucket++;
  return bucket;
}

function* describeCounts(tallies: Map<string, Tally>): Generator<string> {
  yield '# HELP tandem_calls_total Calls answered, by method and status code.';
  yield '# TYPE tandem_calls_total counter';
  for (const [method, { codes }] of tallies) {
    for (const [code, count] of codes) yield `tandem_calls_total{method="${method}",code="${code}"} ${count}`;
  }
}

function* describeDurations(tallies: Map<string, Tally>): Generator<string> {
  const name = 'tandem_call_duration_seconds';
  yield `# HELP ${name} Time from the call to its answer, by method.`;
  yield `# TYPE ${name} histogram`;
  for (const [method, { buckets, sumMs }] of tallies) {
    let total = 0;
    for (const [bucket, count] of buckets.entries()) {
      total += count;
      const bound = BOUNDS_MS[bucket];
      const le = bound === undefined ? '+Inf' : bound / 1000;
      yield `${name}_bucket{method="${method}",le="${le}"} ${total}`;
    }
    yield `${name}_sum{method="${method}"} ${sumMs / 1000}`;
    yield `${name}_count{method="${method}"} ${total}`;
  }
}
