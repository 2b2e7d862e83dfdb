import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'vitest';
import { runLanes } from '../support/run-lanes.ts';
import { isLongForm, scaled } from '../support/scale.ts';
import { type Load, startLoad } from './load.ts';
import { type Struck, strikes } from './strikes.ts';
import type { Operations, Subject } from './versions.ts';

const lanes = 8;
const rounds = scaled(1);
/** Goes on until so many are checked: in the long form a hundred thousand, of which some come late where a machine is busy. */
const minReads = scaled(isLongForm ? 10_000 : 500);
/** As long as a breaker takes to close, and then some reads from the cache. */
const betweenStrikesMs = 1_800;

/** Two processes of one service, and how to ask them. */
export interface Tried<Client, S extends Subject> {
  readonly operations: Operations<Client, S>;
  readonly clients: readonly [Client, Client];
  readonly struck: Struck;
  readonly subjectCount: number;
}

/** Writes and reads subjects while everything is struck; no read may be older than what was acknowledged before it. */
export async function withstandStrikes<Client, S extends Subject>(tried: Tried<Client, S>): Promise<S[]> {
  const { operations, clients, struck } = tried;
  const subjects = await createSubjects(tried);
  const load = startLoad(operations, subjects, clients);
  try {
    await Promise.race([load.running, strikeAll(struck, load.counts)]);
  } finally {
    await load.end();
  }
  console.log('stale reads:', load.counts);
  expect(load.stale.slice(0, 5)).toEqual([]);
  expect(load.counts.reads).toBeGreaterThanOrEqual(minReads);
  expect(load.counts.writes).toBeGreaterThan(scaled(50));
  return subjects;
}

/**
 * What a process reads that is not what the database has.
 *
 * @param stored the number that each tells there, by id
 */
export async function findOldAtRest<Client, S extends Subject>(
  { operations, clients }: Pick<Tried<Client, S>, 'operations' | 'clients'>,
  subjects: readonly S[],
  stored: (subject: S) => number | undefined,
): Promise<string[]> {
  const old: string[] = [];
  await runLanes(subjects, lanes, async (subject) => {
    for (const client of [...clients, ...clients]) {
      if ((await operations.read(subject, client)) !== stored(subject)) old.push(subject.id);
    }
  });
  return old;
}

async function createSubjects<Client, S extends Subject>({
  operations,
  clients,
  subjectCount,
}: Tried<Client, S>): Promise<S[]> {
  const subjects: S[] = [];
  const numbers = Array.from({ length: subjectCount }, (_, n) => n);
  await runLanes(numbers, lanes, async () => void subjects.push(await operations.create(clients[0])));
  return subjects;
}

async function strikeAll(struck: Struck, counts: Load['counts']): Promise<void> {
  for (let n = 0; n < rounds || counts.reads < minReads; n += 1) {
    for (const strike of Object.values(strikes)) {
      await strike(struck);
      await pause(betweenStrikesMs);
    }
  }
}
