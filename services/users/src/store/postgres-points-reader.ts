import type { Statement } from './postgres-lease.ts';
import type { ReadSource } from './replica-reads.ts';
import type { PointsReader, StoreCall } from './store.ts';
import { buildTransferCount, buildTransferPage, toTransferPage } from './transfer-page.ts';
import { type TransferRow, toTransfer, transferColumns } from './transfer-row.ts';

const selectById = { name: 'points_by_id', sql: `SELECT ${transferColumns} FROM points_transfers WHERE id = ?` };
const selectByRequest = {
  name: 'points_by_request',
  sql: `SELECT ${transferColumns} FROM points_transfers WHERE caller = ? AND request_id = ?`,
};

/** Reads the ledger over the pool. */
export function createPostgresPointsReader(source: ReadSource): PointsReader {
  const readOne = async (statement: Statement, { bindings, call }: { bindings: unknown[]; call: StoreCall }) => {
    const [row] = await source.lease(call, (session) => session.rows<TransferRow>(statement, bindings));
    return row && toTransfer(row);
  };
  return {
    get: (id, call) => readOne(selectById, { bindings: [id], call }),
    getByRequest: ({ caller, requestId }, call) => readOne(selectByRequest, { bindings: [caller, requestId], call }),
    async list(query, call) {
      const rows = await source.lease(call, (session) =>
        session.run<TransferRow[]>('points_page', buildTransferPage(session.knex, query)),
      );
      return toTransferPage(rows, query.limit);
    },
    async count(filter, call) {
      const rows = await source.lease(call, (session) =>
        session.run<{ count: string }[]>('points_count', buildTransferCount(session.knex, filter)),
      );
      return BigInt(rows[0]?.count ?? 0);
    },
  };
}
