import { randomInt } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { type TcpProxy, waitUntil } from '@tandem/dev-stack';
import { queryDatabase } from '../../support/query-database.ts';
import type { Branch } from './branch.ts';

/** Longer than the server keeps a silent transaction (idle_in_transaction_session_timeout). */
const longSilenceMs = 4_000;
const maxRecoveryMs = 5_000;
/** On a machine that is busy with other things an answer takes long without any fault: so many times that is granted too. */
const calmAnswers = 10;
const terminateSome = `
  SELECT pg_terminate_backend(pid) FROM pg_stat_activity
  WHERE datname = current_database() AND application_name = 'tandem-users' AND pid <> pg_backend_pid() AND random() < 0.5`;

export interface Bank {
  readonly branches: readonly Branch[];
  /** Between the branches and PostgreSQL. */
  readonly proxy: TcpProxy;
  /** Past the proxy. */
  readonly databaseUrl: string;
}

/** Kills a branch and starts it again; the others go on meanwhile. */
export async function killBranch({ branches }: Bank): Promise<void> {
  const boundMs = await boundRecovery(branches);
  const victim = branches[randomInt(branches.length)];
  const others = branches.filter((branch) => branch !== victim);
  await victim?.kill();
  await assertAnswering(others, boundMs);
  await victim?.reopen();
  await assertAnswering(branches, boundMs);
}

/** Ends the connections to PostgreSQL: all on their way by resets, or half of them by the server. */
export async function breakConnections({ branches, proxy, databaseUrl }: Bank, by: 'reset' | 'server'): Promise<void> {
  const boundMs = await boundRecovery(branches);
  if (by === 'reset') proxy.cut();
  else await queryDatabase(databaseUrl, terminateSome);
  await assertAnswering(branches, boundMs);
}

/** PostgreSQL falls silent for a while. */
export async function silenceDatabase({ branches, proxy }: Bank, { isLong }: { isLong: boolean }): Promise<void> {
  const boundMs = await boundRecovery(branches);
  proxy.blackhole();
  await pause(isLong ? longSilenceMs : randomInt(200, 1_500));
  proxy.resume();
  await assertAnswering(branches, boundMs);
}

/** How long the answers may stay away after a fault: 5 s beside what they take now, before it. */
async function boundRecovery(branches: readonly Branch[]): Promise<number> {
  const sinceMs = performance.now();
  await assertAnswering(branches, 60_000);
  return maxRecoveryMs + calmAnswers * (performance.now() - sinceMs);
}

/** Every one of them answers a transfer that begins from now on, in time. */
async function assertAnswering(branches: readonly Branch[], boundMs: number): Promise<void> {
  const sinceMs = performance.now();
  await waitUntil(() => branches.every((branch) => branch.latestAnsweredMs > sinceMs), { timeoutMs: boundMs });
}
