import type { ConnectError } from '@connectrpc/connect';
import type { UsersClient } from '@tandem/contracts';
import type { ExportUsersResponse } from '@tandem/contracts/users';
import { createRetrier, defaultPatience, type Patience } from '../import/retry-transient.ts';

const chunkSize = 1000;

export interface ReadUsersOptions {
  readonly client: Pick<UsersClient, 'exportUsers'>;
  /** Goes on after it; empty: from the beginning. */
  readonly cursor: string;
  readonly signal: AbortSignal;
  readonly onRetry: (error: ConnectError) => void;
  readonly patience?: Patience;
}

/** All users, chunk by chunk. A stream that ends before its time is opened again after the last chunk. */
export async function* readUsers({
  client,
  cursor,
  signal,
  onRetry,
  patience = defaultPatience,
}: ReadUsersOptions): AsyncGenerator<ExportUsersResponse> {
  const retry = createRetrier({ patience, signal, onRetry });
  let last = cursor;
  let chunks: AsyncIterator<ExportUsersResponse> | undefined;
  for (;;) {
    const next = await retry(async () => {
      chunks ??= client.exportUsers({ cursor: last, chunkSize }, { signal })[Symbol.asyncIterator]();
      try {
        return await chunks.next();
      } catch (error) {
        chunks = undefined;
        throw error;
      }
    });
    if (next.done) return;
    yield next.value;
    last = next.value.cursor;
  }
}
