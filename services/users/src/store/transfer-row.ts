import type { Transfer } from '../domain/points.ts';

/** What every read of the ledger selects. Times as microseconds, since a JavaScript date would lose them. */
export const transferColumns = `
  points_transfers.id::text AS id, from_user_id::text AS from_user_id, to_user_id::text AS to_user_id,
  amount::text AS amount, reason, request_id::text AS request_id,
  (extract(epoch FROM points_transfers.create_time) * 1000000)::bigint::text AS create_micros`;

/** A row of `transferColumns`; bigint columns come as text. */
export interface TransferRow {
  readonly id: string;
  readonly from_user_id: string;
  readonly to_user_id: string;
  readonly amount: string;
  readonly reason: string;
  readonly request_id: string;
  readonly create_micros: string;
}

export function toTransfer(row: TransferRow): Transfer {
  return {
    id: row.id,
    fromUserId: row.from_user_id,
    toUserId: row.to_user_id,
    amount: BigInt(row.amount),
    reason: row.reason,
    requestId: row.request_id,
    createTime: BigInt(row.create_micros),
  };
}
