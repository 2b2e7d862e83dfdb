import { ExportUsersRequestSchema, type ExportUsersResponseSchema } from '@tandem/contracts/users';
import type { Cursors, ServerStreamHandler } from '@tandem/rpc';
import type { UserReader } from '../store/store.ts';
import { toUserFilter } from './list-users.ts';
import { toUserMessage } from './user-message.ts';

const defaultChunkSize = 500;

interface ExportUsersDependencies {
  readonly reader: Pick<UserReader, 'readChunk'>;
  readonly cursors: Cursors;
}

interface ExportPosition {
  readonly id: string;
}

/**
 * Gives users out by chunks, by id. A chunk is read when the reader has room for it, and nothing is held between chunks:
 * the store's connection is given back, and one chunk is in memory.
 */
export function exportUsers({
  reader,
  cursors,
}: ExportUsersDependencies): ServerStreamHandler<typeof ExportUsersRequestSchema, typeof ExportUsersResponseSchema> {
  return async function* (request, call) {
    const limit = request.chunkSize === 0 ? defaultChunkSize : request.chunkSize;
    const filter = toUserFilter(request.filter);
    let afterId = cursors.open<ExportPosition>(call, ExportUsersRequestSchema, request)?.id;
    for (;;) {
      const users = await reader.readChunk({ filter, afterId, limit }, call);
      const last = users.at(-1);
      if (last === undefined) return;
      afterId = last.id;
      const cursor = cursors.seal<ExportPosition>(call, ExportUsersRequestSchema, request, { id: afterId });
      yield { users: users.map(toUserMessage), cursor };
      if (users.length < limit) return;
    }
  };
}
