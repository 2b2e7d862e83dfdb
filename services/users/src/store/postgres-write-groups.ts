import { type Claim, TandemError, watchCalls } from '@tandem/rpc';
import DataLoader from 'dataloader';
import { createGroupTurns } from './group-turns.ts';
import { limitLockWait } from './lock-wait.ts';
import { answerTogether, type ClaimReply, claimTogether, withdrawTogether } from './postgres-claim-sets.ts';
import { ServerReadOnly } from './postgres-errors.ts';
import { LeftGroup, type OpenGroup } from './postgres-group-writer.ts';
import type { Session } from './postgres-lease.ts';
import type { PostgresPool } from './postgres-pool.ts';
import { attemptTransaction } from './postgres-transaction.ts';
import type { StoreCall, Transact } from './store.ts';

const maxGroupSize = 128;
/** A group waits for the one before it, which takes some milliseconds; for one that is held up no longer. */
const maxGatherMs = 10;
/** What work of one kind is committed by. */
export interface WriteGroupsOptions<Tx> {
  readonly open: OpenGroup<Tx>;
  /** Who has to wait longer for somebody else's transaction does so alone, and does not hold up the others. */
  readonly maxLockWaitMs: number;
}

interface Member<Tx> {
  readonly call: StoreCall;
  readonly work: (tx: Tx) => Promise<object>;
}

/**
 * Transactions of one write that come in one tick of the event loop share one: a statement for all their claims, one for
 * their writes, one for their answers, one COMMIT. A group carries out what succeeds and nothing else: who gets no claim
 * or no row, and everybody where it fails as a whole, is run alone, and learns there what the matter is. Where it is not
 * known what became of COMMIT, that is told to those who wrote, and to nobody else.
 */
export function createWriteGroups<Tx>(
  pool: PostgresPool,
  runAlone: Transact<Tx>,
  options: WriteGroupsOptions<Tx>,
): Transact<Tx> {
  const turns = createGroupTurns({ maxWaitMs: maxGatherMs });
  const carryOut = (members: readonly Member<Tx>[]) => {
    const group = tryTogether(pool, options, members).then(({ written, doubt = true }) =>
      members.map((member) => written.has(member) && doubt),
    );
    turns.take(group);
    return group;
  };
  const groups = new DataLoader<Member<Tx>, boolean>(carryOut, {
    ...{ cache: false, maxBatchSize: maxGroupSize },
    batchScheduleFn: (begin) => turns.next(begin),
  });
  return async <T extends object>(call: StoreCall, work: (tx: Tx) => Promise<T>): Promise<T> => {
    // A group stores the answers with its COMMIT.
    if (call.answeredLater) return await runAlone(call, work);
    let result: T | undefined;
    const keep = async (tx: Tx) => {
      result = await work(tx);
      return result;
    };
    const isDone = await groups.load({ call, work: keep });
    if (isDone && result !== undefined) return result;
    const alone = runAlone(call, work);
    turns.take(alone);
    return await alone;
  };
}

/** What came of a group. */
interface GroupOutcome<Tx> {
  /** Those who wrote; of the others nothing is left. */
  readonly written: ReadonlySet<Member<Tx>>;
  /** What those who wrote are told where it is not known whether that was committed. */
  readonly doubt?: TandemError;
}

/** @throws what must not be tried again: no connection for the group, which one alone would not get either */
async function tryTogether<Tx>(
  pool: PostgresPool,
  options: WriteGroupsOptions<Tx>,
  members: readonly Member<Tx>[],
): Promise<GroupOutcome<Tx>> {
  let written: ReadonlySet<Member<Tx>> = new Set();
  if (members.length === 1) return { written };
  using bounds = watchCalls(members.map(({ call }) => call));
  let hasBegun = false;
  try {
    await attemptTransaction(pool, bounds, async (session) => {
      hasBegun = true;
      written = await workTogether(session, options, members);
    });
    return { written };
  } catch (error) {
    if (error instanceof TandemError && error.reason === 'OUTCOME_UNKNOWN') return { written, doubt: error };
    if (!hasBegun && !(error instanceof ServerReadOnly)) throw error;
    return { written: new Set() };
  }
}

async function workTogether<Tx>(
  session: Session,
  { open, maxLockWaitMs }: WriteGroupsOptions<Tx>,
  members: readonly Member<Tx>[],
): Promise<ReadonlySet<Member<Tx>>> {
  const [, refused] = await Promise.all([limitLockWait(session, maxLockWaitMs), claimEach(session, members)]);
  const begun = members.filter((member) => !refused.has(member));
  const results = await workEach(open(session), begun);
  await withdrawTogether(session, claimsOf(begun.filter((member) => !results.has(member))));
  const replies = [...results].flatMap(([{ call }, result]) => toReply(call, result));
  answerTogether(session, replies);
  return new Set(results.keys());
}

/** Those who do not get their claim. */
async function claimEach<M extends Pick<Member<never>, 'call'>>(
  session: Session,
  members: readonly M[],
): Promise<ReadonlySet<M>> {
  const claimants = members.filter(({ call: { claim } }) => claim !== undefined);
  const claimed = await claimTogether(session, claimsOf(claimants));
  return new Set(claimants.filter((_, index) => !claimed[index]));
}

/**
 * What each came to, but for those that left. All are over before anything is thrown: a statement that came behind the
 * ROLLBACK would commit by itself.
 */
async function workEach<Tx>(
  group: ReturnType<OpenGroup<Tx>>,
  members: readonly Member<Tx>[],
): Promise<ReadonlyMap<Member<Tx>, object>> {
  const seats = members.map((member) => ({ member, seat: group.join() }));
  const outcomes = await Promise.allSettled(seats.map(({ member, seat }) => member.work(seat.tx)));
  const results = new Map<Member<Tx>, object>();
  for (const [index, { member, seat }] of seats.entries()) {
    const outcome = outcomes[index];
    if (outcome?.status === 'fulfilled') results.set(member, outcome.value);
    else if (seat.hasWritten || !(outcome?.reason instanceof LeftGroup)) throw outcome?.reason;
  }
  return results;
}

function claimsOf(members: readonly Pick<Member<never>, 'call'>[]): Claim[] {
  return members.flatMap(({ call: { claim } }) => (claim === undefined ? [] : [claim]));
}

function toReply({ claim, cacheKeys = () => [] }: StoreCall, result: object): ClaimReply[] {
  return claim === undefined ? [] : [{ claim, bytes: claim.encodeReply(result), cacheKeys: cacheKeys() }];
}
