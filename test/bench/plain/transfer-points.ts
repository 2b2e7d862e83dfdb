import { status } from '@grpc/grpc-js';
import type { Knex } from 'knex';
import { v7 as makeUuid } from 'uuid';
import type { TransferPoints, TransferPointsRequest, TransferPointsResponse } from './contract.ts';
import { toTimestamp } from './to-user.ts';

interface Account {
  id: string;
  is_active: boolean;
  points: string;
}

/** A refusal, with the status that it is answered by. */
class Refused extends Error {
  readonly code: status;

  constructor(code: status, message: string) {
    super(message);
    this.code = code;
  }
}

export function createTransferPoints(database: Knex): TransferPoints {
  return async ({ request }, callback) => {
    try {
      callback(null, await database.transaction((trx) => transfer(trx, request)));
    } catch (error) {
      if (error instanceof Refused) {
        callback({ code: error.code, message: error.message });
        return;
      }
      console.error(error);
      callback({ code: status.INTERNAL, message: 'internal error' });
    }
  };
}

/** Both rows locked in the order of ids, checked, changed, and written down. A request_id that is known moves nothing: its row clashes. */
async function transfer(trx: Knex.Transaction, request: TransferPointsRequest): Promise<TransferPointsResponse> {
  const { from_user_id: from, to_user_id: to, amount, reason, request_id } = request;
  const accounts = await trx<Account>('users')
    .select('id', 'is_active', 'points')
    .whereIn('id', [from, to])
    .orderBy('id')
    .forUpdate();
  checkAccounts(accounts, request);
  const [giver] = await trx<Account>('users')
    .where({ id: from })
    .decrement('points', Number(amount))
    .returning('points');
  const [taker] = await trx<Account>('users').where({ id: to }).increment('points', Number(amount)).returning('points');
  const [row] = await trx('points_transfers')
    .insert({
      id: makeUuid(),
      from_user_id: from,
      to_user_id: to,
      amount,
      reason,
      caller: 'plain',
      request_id,
      create_time: trx.fn.now(),
    })
    .returning(['id', 'from_user_id', 'to_user_id', 'amount', 'reason', 'request_id', 'create_time']);
  return {
    transfer: { ...row, kind: 'TRANSFER_KIND_TRANSFER', create_time: toTimestamp(row.create_time) },
    from_points: giver?.points ?? '0',
    to_points: taker?.points ?? '0',
  };
}

function checkAccounts(accounts: readonly Account[], { from_user_id: from, amount }: TransferPointsRequest): void {
  if (accounts.length < 2) throw new Refused(status.NOT_FOUND, 'no such user');
  if (accounts.some((account) => !account.is_active)) throw new Refused(status.FAILED_PRECONDITION, 'not active');
  const giver = accounts.find(({ id }) => id === from);
  if (giver === undefined || BigInt(giver.points) < BigInt(amount)) {
    throw new Refused(status.FAILED_PRECONDITION, 'not enough points');
  }
}
