import type { ImportPostsRequestSchema, ImportPostsResponseSchema } from '@tandem/contracts/posts';
import { type ClientStreamHandler, type ImportMeter, takeImport } from '@tandem/rpc';
import { type CheckChunkDependencies, checkChunk } from './check-chunk.ts';
import { type ImportChunkDependencies, importChunk } from './import-chunk.ts';

interface ImportPostsDependencies extends CheckChunkDependencies, ImportChunkDependencies {
  readonly meter: ImportMeter;
}

/** Takes posts in: options first, then rows. The rows of a message commit by themselves. */
export function importPosts(
  dependencies: ImportPostsDependencies,
): ClientStreamHandler<typeof ImportPostsRequestSchema, typeof ImportPostsResponseSchema> {
  return (requests, call) =>
    takeImport(requests, {
      checkRows: (rows) => checkChunk(rows, dependencies, call),
      takeRows: (chunk, onDuplicate) => importChunk(chunk, dependencies, { onDuplicate, call }),
      meter: dependencies.meter,
      call,
    });
}
