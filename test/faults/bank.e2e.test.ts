import { randomUUID } from 'node:crypto';
import { startTcpProxy, waitUntil } from '@tandem/dev-stack';
import { afterAll, describe, expect, it } from 'vitest';
import { queryDatabase } from '../support/query-database.ts';
import { useUsersDatabase } from '../support/use-users-database.ts';
import { compareToJournal, readLedger, sumLedger } from './bank/audit.ts';
import { Branch } from './bank/branch.ts';
import { openJournal } from './bank/journal.ts';
import { type Bank, breakConnections, killBranch, silenceDatabase } from './bank/strike.ts';
import { type Counter, readBalances, runAuditor, runTeller } from './bank/tellers.ts';
import { scaled, scaledTimeoutMs } from './support/scale.ts';

const accountCount = 100;
const tellerCount = 32;
const auditorCount = 2;
const startPoints = 100n;
/** Rounds of one kill and four broken connections each, and silences after them. */
const rounds = scaled(5);
const silences = scaled(5);
const total = BigInt(accountCount) * startPoints;

describe('the bank (after the test of that name in Jepsen)', { timeout: scaledTimeoutMs(300_000) }, async () => {
  const bank = await useBank();

  it('keeps every point while services are killed, connections break and the database falls silent', async () => {
    const accounts = await openAccounts(bank);
    const journal = openJournal();
    const closing = new AbortController();
    const counter: Counter = { branches: bank.branches, accounts, journal, isClosing: () => closing.signal.aborted };
    const load = Promise.all([
      ...Array.from({ length: tellerCount }, () => runTeller(counter)),
      ...Array.from({ length: auditorCount }, () => runAuditor(counter, total)),
    ]);
    try {
      // A load that fails ends the test at once: the faults would wait for answers that never come.
      await Promise.race([load, strikeAll(bank, journal)]);
    } finally {
      closing.abort();
    }
    await load;

    await waitUntil(() => isQuiet(bank.databaseUrl), { timeoutMs: 20_000 });
    const [first] = bank.branches;
    const ledger = await readLedger(first!.client);
    expect(compareToJournal(ledger, journal).slice(0, 10)).toEqual([]);
    expect(await readBalances(counter)).toEqual(sumLedger(ledger, accounts));
    const known = new Set(journal.orders.map(({ order }) => order.requestId));
    expect(ledger.filter(({ requestId }) => !known.has(requestId))).toHaveLength(accountCount);

    const count = (kind: string) => journal.orders.filter(({ outcome }) => outcome.kind === kind).length;
    const seen = { moved: count('moved'), refused: count('refused'), unclear: count('unclear') };
    console.log('bank:', { ...seen, reads: journal.reads, repeats: journal.repeats, attempts: journal.unclear });
    for (const [what, times] of Object.entries(seen)) expect(times, what).toBeGreaterThan(0);
    expect(seen.moved).toBeGreaterThan(scaled(500));
    expect(journal.reads).toBeGreaterThan(scaled(50));
  });
});

/** Two branches behind one proxy before PostgreSQL. */
async function useBank(): Promise<Bank> {
  const databaseUrl = await useUsersDatabase();
  const owned = new AsyncDisposableStack();
  afterAll(() => owned.disposeAsync());
  const proxy = owned.use(await startTcpProxy({ targetPort: Number(new URL(databaseUrl).port) }));
  const proxied = new URL(databaseUrl);
  proxied.port = String(proxy.port);
  const branches = [owned.use(await Branch.open(proxied.href)), owned.use(await Branch.open(proxied.href))];
  return { branches, proxy, databaseUrl };
}

async function openAccounts({ branches: [branch] }: Bank): Promise<string[]> {
  const accounts = Array.from({ length: accountCount }, () => randomUUID());
  for (const userId of accounts) {
    await branch!.client.createUser({ userId, email: `${userId}@e2e.example`, name: 'Account' });
    await branch!.client.grantPoints({ userId, amount: startPoints, requestId: randomUUID() });
  }
  return accounts;
}

/**
 * While PostgreSQL can be reached nobody who has time is left in doubt: a COMMIT whose answer was lost is settled. Only
 * silence may leave its outcome unknown, so it comes last.
 */
async function strikeAll(bank: Bank, { leftInDoubtMs }: Counter['journal']): Promise<void> {
  for (let n = 0; n < rounds; n += 1) {
    await killBranch(bank);
    for (const by of ['reset', 'server', 'reset', 'server'] as const) await breakConnections(bank, by);
  }
  expect(leftInDoubtMs).toEqual([]);
  for (let n = 0; n < silences; n += 1) await silenceDatabase(bank, { isLong: n % 3 === 0 });
}

/** Whether what was left unanswered is over in the database. */
async function isQuiet(databaseUrl: string): Promise<boolean> {
  const busy = await queryDatabase(
    databaseUrl,
    `SELECT 1 FROM pg_stat_activity
     WHERE datname = current_database() AND application_name = 'tandem-users' AND state <> 'idle'`,
  );
  return busy.length === 0;
}
