import type { MessageInitShape } from '@bufbuild/protobuf';
import { TransferKind, type TransferSchema } from '@tandem/contracts/users';
import { isGrant, type Transfer } from '../domain/points.ts';
import { fromMicros } from '../domain/time.ts';

/** A movement of points as the contract shows one. */
export function toTransferMessage(transfer: Transfer): MessageInitShape<typeof TransferSchema> {
  return {
    id: transfer.id,
    fromUserId: transfer.fromUserId,
    toUserId: transfer.toUserId,
    amount: transfer.amount,
    reason: transfer.reason,
    kind: isGrant(transfer) ? TransferKind.GRANT : TransferKind.TRANSFER,
    requestId: transfer.requestId,
    createTime: fromMicros(transfer.createTime),
  };
}
