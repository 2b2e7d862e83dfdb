import {
  type ListTransfersRequest,
  ListTransfersRequestSchema,
  type ListTransfersResponseSchema,
  TransferDirection,
} from '@tandem/contracts/users';
import { chooseReader, countIfAsked, type Paging, type Readers, type UnaryHandler } from '@tandem/rpc';
import type { TransferFilter, TransferPosition } from '../domain/points.ts';
import { toMicrosUp } from '../domain/time.ts';
import type { PointsReader } from '../store/store.ts';
import { toTransferMessage } from './transfer-message.ts';

interface ListTransfersDependencies {
  readonly readers: Readers<Pick<PointsReader, 'list' | 'count'>>;
  readonly paging: Paging;
}

/** Lists movements of points, latest first, page by page. */
export function listTransfers({
  readers,
  paging,
}: ListTransfersDependencies): UnaryHandler<typeof ListTransfersRequestSchema, typeof ListTransfersResponseSchema> {
  return async (request, call) => {
    const { limit, after } = paging.open<TransferPosition>(call, ListTransfersRequestSchema, request);
    const ledger = chooseReader(readers, request.consistency);
    const filter = toTransferFilter(request);
    const [page, total] = await Promise.all([
      ledger.list({ filter, after, limit }, call),
      countIfAsked(request, () => ledger.count(filter, call)),
    ]);
    return {
      transfers: page.transfers.map(toTransferMessage),
      nextPageToken: paging.seal(call, ListTransfersRequestSchema, request, page.next),
      ...total,
    };
  };
}

const directions = {
  [TransferDirection.UNSPECIFIED]: undefined,
  [TransferDirection.IN]: 'in',
  [TransferDirection.OUT]: 'out',
} as const;

function toTransferFilter({ userId, filter }: ListTransfersRequest): TransferFilter {
  return {
    userId: userId === '' ? undefined : userId,
    direction: filter && directions[filter.direction],
    createdAfter: filter?.createdAfter && toMicrosUp(filter.createdAfter),
    createdBefore: filter?.createdBefore && toMicrosUp(filter.createdBefore),
  };
}
