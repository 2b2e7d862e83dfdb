import type { UsersClient } from '@tandem/contracts';
import type { Transfer } from '@tandem/contracts/users';
import type { Journal, Order, Outcome } from './journal.ts';

/** The whole ledger, page by page. */
export async function readLedger(client: UsersClient): Promise<Transfer[]> {
  const transfers: Transfer[] = [];
  let pageToken = '';
  do {
    const page = await client.listTransfers({ pageSize: 1000, pageToken });
    transfers.push(...page.transfers);
    pageToken = page.nextPageToken;
  } while (pageToken !== '');
  return transfers;
}

/** What an account must have by the ledger. */
export function sumLedger(ledger: readonly Transfer[], accounts: readonly string[]): Map<string, bigint> {
  const sums = new Map(accounts.map((account) => [account, 0n]));
  const add = (account: string, points: bigint) => {
    const sum = sums.get(account);
    if (sum !== undefined) sums.set(account, sum + points);
  };
  for (const { fromUserId, toUserId, amount } of ledger) {
    add(fromUserId, -amount);
    add(toUserId, amount);
  }
  return sums;
}

/** What the ledger and the journal say differently, one line each. */
export function compareToJournal(ledger: readonly Transfer[], { orders }: Pick<Journal, 'orders'>): string[] {
  const made = new Map<string, Transfer[]>();
  for (const transfer of ledger) made.set(transfer.requestId, [...(made.get(transfer.requestId) ?? []), transfer]);
  return orders.flatMap(({ order, outcome }) => findFault(made.get(order.requestId) ?? [], { order, outcome }) ?? []);
}

function findFault(
  made: readonly Transfer[],
  { order, outcome }: { order: Order; outcome: Outcome },
): string | undefined {
  const what = `request ${order.requestId} (${outcome.kind})`;
  const least = outcome.kind === 'moved' ? 1 : 0;
  const most = outcome.kind === 'refused' ? 0 : 1;
  if (made.length < least || made.length > most) return `${what} stands ${made.length} times in the ledger`;
  const [transfer] = made;
  if (transfer === undefined) return undefined;
  const { fromUserId, toUserId, amount } = transfer;
  if (fromUserId !== order.fromUserId || toUserId !== order.toUserId || amount !== order.amount) {
    return `${what} stands otherwise in the ledger`;
  }
  if (outcome.kind === 'moved' && outcome.reply.transfer?.id !== transfer.id) return `${what} has another id`;
  return undefined;
}
