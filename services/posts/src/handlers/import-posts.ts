import type { ImportPostsRequestSchema, ImportPostsResponseSchema } from '@tandem/contracts/posts';
import { type ClientStreamHandler, type ImportMeter, takeImport } from '@tandem/rpc';
import { type ImportChunkDeps, importChunk } from './import-chunk.ts';

interface ImportPostsDeps extends ImportChunkDeps {
  readonly meter: ImportMeter;
}

/** Takes posts in: options first, then rows. The rows of a message commit by themselves. */
export function importPosts(
  deps: ImportPostsDeps,
): ClientStreamHandler<typeof ImportPostsRequestSchema, typeof ImportPostsResponseSchema> {
  return (requests, call) =>
    takeImport(requests, {
      takeRows: (rows, onDuplicate) => importChunk(rows, deps, { onDuplicate, call }),
      meter: deps.meter,
      call,
    });
}
