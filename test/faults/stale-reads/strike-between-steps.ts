import { randomUUID } from 'node:crypto';
import { holdsWithin, waitUntil } from '@tandem/dev-stack';
import { expect } from 'vitest';
import { readMetric } from '../../pair/read-metrics.ts';
import type { RunningService } from '../../pair/start-service.ts';
import { untilAnswered } from '../flows/until-answered.ts';
import { untilCacheIsRead } from '../support/until-cache-is-read.ts';
import type { Operations, Subject } from './versions.ts';

/** A process that is struck at two points, and another that goes on. */
export interface BetweenSteps<Client, S extends Subject> {
  readonly operations: Operations<Client, S>;
  readonly service: 'users' | 'posts';
  /** Started with the environment of `strikePoints`. */
  readonly struck: Process<Client>;
  readonly other: Process<Client>;
}

interface Process<Client> {
  readonly service: RunningService;
  readonly client: Client;
}

const patience = { timeoutMs: 60_000 };
const entities = { users: 'user', posts: 'post' };
const fills = ['fills', 'refused_fills', 'failed_fills'];

/** The environment of the process to be struck: stopped between its first read and the fill, killed at its first COMMIT. */
export function strikePoints(service: 'users' | 'posts'): NodeJS.ProcessEnv {
  return { STOP_AT: `${service}:read`, BREAK_AT: `${service}:committed` };
}

/**
 * One process is stopped between its read of the database and the fill while the other writes; then killed between COMMIT
 * and settlement, and its call repeated at the other. Nobody reads anything older than what was acknowledged.
 */
export async function strikeBetweenSteps<Client, S extends Subject>(tried: BetweenSteps<Client, S>): Promise<void> {
  const { operations, service, struck, other } = tried;
  await untilCacheIsRead([struck.service, other.service]);
  const subject = await operations.create(other.client);
  const read = ({ client }: Process<Client>) => untilAnswered(() => operations.read(subject, client));
  await strikeBeforeFill(tried, subject);
  expect([await read(struck), await read(other)]).toEqual([1, 1]);
  const hits = { outcomes: ['hits'], beyond: await countReads(service, other, ['hits']) };
  await readUntilCounted(tried, { subject, process: other, ...hits });
  await strikeBeforeSettlement(tried, subject);
  expect([await read(other), await read(other)]).toEqual([2, 2]);
}

async function strikeBeforeFill<Client, S extends Subject>(tried: BetweenSteps<Client, S>, subject: S): Promise<void> {
  const { operations, service, struck, other } = tried;
  const reading = untilAnswered(() => operations.read(subject, struck.client));
  await waitUntil(() => struck.service.stderr.includes(`stopped at ${service}:read`), patience);
  const change = operations.change(subject, { number: 1, requestId: randomUUID() });
  await untilAnswered(() => change(other.client));
  let isAnswered = false;
  const answered = reading.then(() => {
    isAnswered = true;
  });
  // Again and again: a busy machine may have the process say that it stops before it does.
  await waitUntil(() => {
    struck.service.signal('SIGCONT');
    return isAnswered;
  }, patience);
  await answered;
  await readUntilCounted(tried, { subject, process: struck, outcomes: fills, beyond: 0 });
}

async function strikeBeforeSettlement<Client, S extends Subject>(
  { operations, struck, other }: BetweenSteps<Client, S>,
  subject: S,
): Promise<void> {
  const change = operations.change(subject, { number: 2, requestId: randomUUID() });
  let isDead = false;
  const death = struck.service.exited.then(() => {
    isDead = true;
  });
  // One that was given up before its COMMIT is sent again.
  while (!isDead) {
    await expect(change(struck.client)).rejects.toThrow();
    await holdsWithin(() => isDead, { timeoutMs: 1_000, pollMs: 20 });
  }
  await death;
  await untilAnswered(() => change(other.client));
}

/** Reads at a process until its cache has counted one of the outcomes beyond so many. */
async function readUntilCounted<Client, S extends Subject>(
  { operations, service }: BetweenSteps<Client, S>,
  how: { readonly subject: S; readonly process: Process<Client>; readonly outcomes: string[]; readonly beyond: number },
): Promise<void> {
  const { subject, process, outcomes, beyond } = how;
  await waitUntil(async () => {
    await untilAnswered(() => operations.read(subject, process.client));
    return (await countReads(service, process, outcomes)) > beyond;
  }, patience);
}

async function countReads(
  service: 'users' | 'posts',
  process: Process<unknown>,
  outcomes: readonly string[],
): Promise<number> {
  const sample = (outcome: string) => `tandem_cache_reads_total{entity="${entities[service]}",outcome="${outcome}"}`;
  const counts = await Promise.all(outcomes.map((outcome) => readMetric(process.service, sample(outcome))));
  return counts.reduce<number>((sum, count = 0) => sum + count, 0);
}
