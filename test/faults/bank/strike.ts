import { randomInt } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { type TcpProxy, waitUntil } from '@tandem/dev-stack';
import { queryDatabase } from '../../support/query-database.ts';
import type { Branch } from './branch.ts';

/** Longer than the server keeps a silent transaction (idle_in_transaction_session_timeout). */
const longSilenceMs = 4_000;
const maxRecoveryMs = 5_000;
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
  const victim = branches[randomInt(branches.length)];
  const others = branches.filter((branch) => branch !== victim);
  await victim?.kill();
  await assertAnswering(others);
  await victim?.reopen();
  await assertAnswering(branches);
}

/** Ends the connections to PostgreSQL: all on their way by resets, or half of them by the server. */
export async function breakConnections({ branches, proxy, databaseUrl }: Bank, by: 'reset' | 'server'): Promise<void> {
  if (by === 'reset') proxy.cut();
  else await queryDatabase(databaseUrl, terminateSome);
  await assertAnswering(branches);
}

/** PostgreSQL falls silent for a while. */
export async function silenceDatabase({ branches, proxy }: Bank, { isLong }: { isLong: boolean }): Promise<void> {
  proxy.blackhole();
  await pause(isLong ? longSilenceMs : randomInt(200, 1_500));
  proxy.resume();
  await assertAnswering(branches);
}

/** Every one of them answers a transfer that begins from now on, within 5 s. */
async function assertAnswering(branches: readonly Branch[]): Promise<void> {
  const sinceMs = performance.now();
  await waitUntil(() => branches.every((branch) => branch.latestAnsweredMs > sinceMs), { timeoutMs: maxRecoveryMs });
}
