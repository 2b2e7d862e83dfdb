import type { GetTransferRequest, GetTransferRequestSchema, GetTransferResponseSchema } from '@tandem/contracts/users';
import { type Call, chooseReader, type Readers, TandemError, type UnaryHandler } from '@tandem/rpc';
import type { Transfer } from '../domain/points.ts';
import type { PointsReader } from '../store/store.ts';
import { toTransferMessage } from './transfer-message.ts';

type Ledger = Pick<PointsReader, 'get' | 'getByRequest'>;

/** Reads one movement of points, by its id or by the request that made it. */
export function getTransfer(
  readers: Readers<Ledger>,
): UnaryHandler<typeof GetTransferRequestSchema, typeof GetTransferResponseSchema> {
  return async ({ key, consistency }, call) => {
    const transfer = await findTransfer(chooseReader(readers, consistency), key, call);
    if (transfer !== undefined) return { transfer: toTransferMessage(transfer) };
    const by = key.case === 'requestId' ? 'request_id of yours made a movement' : 'movement has this id';
    throw new TandemError('TRANSFER_NOT_FOUND', `No ${by}; check it, or look for the movement with ListTransfers.`);
  };
}

async function findTransfer(ledger: Ledger, key: GetTransferRequest['key'], call: Call): Promise<Transfer | undefined> {
  if (key.case === 'id') return await ledger.get(key.value, call);
  if (key.case === 'requestId') return await ledger.getByRequest({ caller: call.caller, requestId: key.value }, call);
  return undefined;
}
