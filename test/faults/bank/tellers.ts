import { randomInt, randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { toBinary } from '@bufbuild/protobuf';
import { ConnectError } from '@connectrpc/connect';
import { ReadConsistency } from '@tandem/contracts/options';
import { TransferPointsResponseSchema } from '@tandem/contracts/users';
import { describeRefusal } from '../../pair/refusal.ts';
import type { Branch } from './branch.ts';
import type { Journal, Order, Outcome } from './journal.ts';

const timeoutMs = 5_000;
/** A service looks for the outcome of a COMMIT until shortly before the end of the call; clocks may jump a little. */
const mayDoubtAfterMs = timeoutMs / 2;
const mayTryAgain = new Set(['Unavailable', 'DeadlineExceeded', 'ResourceExhausted', 'Aborted']);

/** The bank under load. */
export interface Counter {
  readonly branches: readonly Branch[];
  readonly accounts: readonly string[];
  readonly journal: Journal;
  /** Whether the doors are closing: nothing new is begun then. */
  isClosing(): boolean;
}

/** Moves points between random accounts. Most orders are tried until they are answered; one in seven is left at its first attempt. */
export async function runTeller(counter: Counter): Promise<void> {
  while (!counter.isClosing()) {
    const order = makeOrder(counter.accounts);
    const outcome = randomInt(7) === 0 ? await attempt(counter, order) : await attemptUntilAnswered(counter, order);
    counter.journal.orders.push({ order, outcome });
    if (outcome.kind !== 'unclear' && randomInt(10) === 0) await askAgain(counter, { order, outcome });
  }
}

function makeOrder(accounts: readonly string[]): Order {
  const from = randomInt(accounts.length);
  const to = (from + randomInt(1, accounts.length)) % accounts.length;
  const sides = { fromUserId: accounts[from] ?? '', toUserId: accounts[to] ?? '' };
  return { ...sides, amount: BigInt(randomInt(1, 60)), reason: '', requestId: randomUUID() };
}

async function attemptUntilAnswered(counter: Counter, order: Order): Promise<Outcome> {
  for (;;) {
    const outcome = await attempt(counter, order);
    if (outcome.kind !== 'unclear') return outcome;
    await pause(randomInt(50, 200));
  }
}

/** At any branch. @throws what is neither an answer nor a reason to try again */
async function attempt({ branches, journal }: Counter, order: Order): Promise<Outcome> {
  const branch = branches[randomInt(branches.length)];
  if (branch === undefined) throw new Error('The bank has no branch.');
  const begunMs = performance.now();
  const outcome = await branch.client.transferPoints(order, { timeoutMs }).then(toMoved, toOutcome);
  if (outcome.kind === 'unclear') noteUnclear(journal, outcome.reason, performance.now() - begunMs);
  else branch.latestAnsweredMs = Math.max(branch.latestAnsweredMs, begunMs);
  return outcome;
}

function noteUnclear(journal: Journal, reason: string, tookMs: number): void {
  journal.unclear.set(reason, (journal.unclear.get(reason) ?? 0) + 1);
  if (reason === 'OUTCOME_UNKNOWN' && tookMs < mayDoubtAfterMs) journal.leftInDoubtMs.push(tookMs);
}

const toMoved = (reply: Extract<Outcome, { kind: 'moved' }>['reply']): Outcome => ({ kind: 'moved', reply });

function toOutcome(error: unknown): Outcome {
  if (!(error instanceof ConnectError)) throw error;
  const { code, reason } = describeRefusal(error);
  if (reason === 'INSUFFICIENT_POINTS') return { kind: 'refused' };
  if (mayTryAgain.has(code)) return { kind: 'unclear', reason: reason ?? code };
  throw error;
}

/** The first answer stands, whoever is asked. */
async function askAgain(counter: Counter, { order, outcome }: { order: Order; outcome: Outcome }): Promise<void> {
  const again = await attemptUntilAnswered(counter, order);
  if (toText(again) !== toText(outcome)) {
    throw new Error(`Request ${order.requestId} was answered ${toText(outcome)}, then ${toText(again)}.`);
  }
  counter.journal.repeats += 1;
}

function toText(outcome: Outcome): string {
  if (outcome.kind !== 'moved') return outcome.kind;
  return Buffer.from(toBinary(TransferPointsResponseSchema, outcome.reply)).toString('hex');
}

/** Reads the whole bank by one snapshot, again and again. @throws when it does not sum to `total` or a balance is negative */
export async function runAuditor(counter: Counter, total: bigint): Promise<void> {
  while (!counter.isClosing()) {
    const balances = await readBalances(counter);
    if (balances === undefined) await pause(randomInt(50, 200));
    else checkBalances(balances, total);
  }
}

/** Undefined when no branch that was asked could tell. */
export async function readBalances({ branches, accounts, journal }: Counter): Promise<Map<string, bigint> | undefined> {
  const branch = branches[randomInt(branches.length)];
  try {
    const request = { ids: [...accounts], consistency: ReadConsistency.STRONG };
    const reply = await branch?.client.batchGetUsers(request, { timeoutMs });
    journal.reads += 1;
    return new Map(reply?.users.map(({ id, points }) => [id, points]));
  } catch (error) {
    if (error instanceof ConnectError && mayTryAgain.has(describeRefusal(error).code)) return undefined;
    throw error;
  }
}

function checkBalances(balances: ReadonlyMap<string, bigint>, total: bigint): void {
  let sum = 0n;
  for (const [account, points] of balances) {
    if (points < 0n) throw new Error(`Account ${account} had ${points} points.`);
    sum += points;
  }
  if (sum !== total) throw new Error(`The bank had ${sum} points, not ${total}.`);
}
