import type { ConnectError } from '@connectrpc/connect';
import { createRetrier, defaultPatience, type Patience } from '../import/retry-transient.ts';
import type { ExportChunk, ExportSource } from './export-source.ts';

export interface ReadChunksOptions {
  readonly source: Pick<ExportSource, 'open'>;
  /** Goes on after it; empty: from the beginning. */
  readonly cursor: string;
  readonly signal: AbortSignal;
  readonly onRetry: (error: ConnectError) => void;
  readonly patience?: Patience;
}

/** All there is, chunk by chunk. A stream that ends before its time is opened again after the last chunk. */
export async function* readChunks({
  source,
  cursor,
  signal,
  onRetry,
  patience = defaultPatience,
}: ReadChunksOptions): AsyncGenerator<ExportChunk> {
  const retry = createRetrier({ patience, signal, onRetry });
  let last = cursor;
  let chunks: AsyncIterator<ExportChunk> | undefined;
  for (;;) {
    const next = await retry(async () => {
      chunks ??= source.open(last, signal)[Symbol.asyncIterator]();
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
