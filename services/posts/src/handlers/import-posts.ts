import {
  type ImportPostRow,
  type ImportPostsRequest,
  type ImportPostsRequestSchema,
  type ImportPostsResponseSchema,
  OnDuplicate as OnDuplicateMessage,
} from '@tandem/contracts/posts';
import { type Call, type ClientStreamHandler, fieldInvalid } from '@tandem/rpc';
import type { OnDuplicate, RowOutcome } from '../domain/import-plan.ts';
import { type ImportProgress, ImportTally } from '../domain/import-tally.ts';
import { type ImportChunkDeps, importChunk } from './import-chunk.ts';

interface ImportPostsDeps extends ImportChunkDeps {
  /** Told after each chunk that is in. */
  readonly onChunk: (progress: ImportProgress, call: Call) => void;
}

/** Takes posts in: options first, then rows. The rows of a message commit by themselves. */
export function importPosts(
  deps: ImportPostsDeps,
): ClientStreamHandler<typeof ImportPostsRequestSchema, typeof ImportPostsResponseSchema> {
  return async (requests, call) => {
    const tally = new ImportTally();
    let onDuplicate: OnDuplicate | undefined;
    for await (const { payload } of requests) {
      if (onDuplicate === undefined) {
        onDuplicate = readOptions(payload);
        continue;
      }
      const addAll = (outcomes: readonly RowOutcome[]) => outcomes.forEach((outcome) => void tally.add(outcome));
      addAll(await importChunk(readRows(payload), deps, { onDuplicate, call }));
      deps.onChunk(tally, call);
    }
    if (onDuplicate === undefined) throw optionsMissing();
    const { imported, updated, skipped, failed, failures } = tally;
    return { imported, updated, skipped, failed, failures };
  };
}

type Payload = ImportPostsRequest['payload'];

function readOptions(payload: Payload): OnDuplicate {
  if (payload.case !== 'options') throw optionsMissing();
  switch (payload.value.onDuplicate) {
    case OnDuplicateMessage.SKIP:
      return 'skip';
    case OnDuplicateMessage.UPDATE:
      return 'update';
    default:
      return 'error';
  }
}

function readRows(payload: Payload): readonly ImportPostRow[] {
  if (payload.case === 'rows') return payload.value.rows;
  throw fieldInvalid('options', 'may come once, in the first message; send rows from then on');
}

function optionsMissing(): Error {
  return fieldInvalid('options', 'must come in the first message, before any rows');
}
