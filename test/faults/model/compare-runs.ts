import fc from 'fast-check';
import { expect } from 'vitest';
import { scaled } from '../support/scale.ts';
import type { ModelCommand } from './ask.ts';

const lanes = 4;
const shrinkingMs = 30_000;

/** To see a failure again: the seed and the path that it was printed with. */
const { FAULTS_SEED, FAULTS_PATH } = process.env;

/** What is run beside a model. */
export interface Comparison<Model extends object, Real> {
  /** The test file, for who wants to see a failure again. */
  readonly file: string;
  readonly commands: fc.Arbitrary<Iterable<ModelCommand<Model, Real>>>;
  readonly runsPerLane: number;
  /** How many kinds of commands there are; each must have been run. */
  readonly kinds: number;
  /** A model, and the service as a new run finds it. */
  begin(): Promise<{ model: Model; real: Real }>;
  /** Compares what is left at the end of a run. */
  compareEnd(world: { model: Model; replicas: Real }): Promise<void>;
}

/** Runs of commands, several at once, each beside a model of its own. @throws what tells of the shortest run that differs */
export async function compareRuns<Model extends object, Real>(comparison: Comparison<Model, Real>): Promise<void> {
  const seen = new Map<string, number>();
  await Promise.all(chooseSeeds().map((seed) => runLane(seed, comparison, seen)));
  console.log(`${comparison.file}:`, Object.fromEntries(seen));
  if (FAULTS_PATH !== undefined) return;
  expect(seen.size).toBe(comparison.kinds);
  expect(Math.min(...seen.values())).toBeGreaterThan(scaled(5));
}

/** One run beside a model, and the model as it is after it. */
export async function compareRun<Model extends object, Real>(
  { begin, compareEnd }: Pick<Comparison<Model, Real>, 'begin' | 'compareEnd'>,
  run: Iterable<ModelCommand<Model, Real>>,
): Promise<Model> {
  const { model, real } = await begin();
  await fc.asyncModelRun(() => ({ model, real }), run);
  await compareEnd({ model, replicas: real });
  return model;
}

async function runLane<Model extends object, Real>(
  seed: number,
  { commands, runsPerLane, file, ...ends }: Comparison<Model, Real>,
  seen: Map<string, number>,
): Promise<void> {
  const checkRun = async (run: Iterable<ModelCommand<Model, Real>>) => {
    await compareRun(ends, run);
    for (const command of run) count(seen, command.toString().split(' ')[0] ?? '');
  };
  const path = FAULTS_PATH === undefined ? {} : { path: FAULTS_PATH };
  const property = fc.asyncProperty(commands, boundShrinking(checkRun));
  const details = await fc.check(property, { seed, numRuns: runsPerLane, ...path });
  if (!details.failed) return;
  const root = details.counterexamplePath?.split(':')[0];
  const replay = `FAULTS_SEED=${seed} FAULTS_PATH=${root} npm test -- ${file}`;
  const { errorInstance: cause } = details;
  const why = cause instanceof Error ? cause.message : cause;
  throw new Error(`${why}\nSeen again by: ${replay}\n${fc.defaultReportMessage(details)}`, { cause });
}

/** A counterexample is made shorter for so long; then the shortest is told. */
function boundShrinking<T>(check: (value: T) => Promise<void>): (value: T) => Promise<void> {
  let failedAtMs: number | undefined;
  return async (value) => {
    fc.pre(failedAtMs === undefined || performance.now() - failedAtMs < shrinkingMs);
    try {
      await check(value);
    } catch (error) {
      failedAtMs ??= performance.now();
      throw error;
    }
  };
}

function chooseSeeds(): number[] {
  if (FAULTS_SEED !== undefined) return [Number(FAULTS_SEED)];
  const first = Math.floor(Math.random() * 2 ** 31);
  return Array.from({ length: lanes }, (_, lane) => first + lane);
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
