import type { ImportPostRow } from '@tandem/contracts/posts';
import { type Call, TandemError, writeCheckedRows } from '@tandem/rpc';
import {
  type ImportRow,
  type ImportTask,
  type OnDuplicate,
  planImport,
  type RowOutcome,
  type RowRefusal,
} from '../domain/import-plan.ts';
import type { TimeMillis } from '../domain/post.ts';
import type { AuthorDirectory, DirectoryCall } from '../peers/author-directory.ts';
import type { PostStore, StoreCall } from '../store/store.ts';
import { refuseAuthor } from './author-refusal.ts';
import { readImportRow } from './import-row.ts';

/** Indexing words takes about 1 ms a post, and the database ends a transaction after 3 s. */
const maxCommitPosts = 200;
const maxCommitBytes = 1024 * 1024;
/** How long one commit and its retries may take, where the stream has no deadline. */
const commitTimeoutMs = 20_000;
/** Another import may take an id between the look and the insert. */
const maxIdRaces = 5;

export interface ImportChunkDeps {
  readonly store: Pick<PostStore, 'transaction'>;
  readonly authors: Pick<AuthorDirectory, 'findMany'>;
  readonly now: () => TimeMillis;
  readonly newId: () => string;
}

export interface ChunkOptions {
  readonly onDuplicate: OnDuplicate;
  readonly call: Call;
}

/** Takes in the rows of one message, in several commits; the outcome of each row, in their order. */
export async function importChunk(
  messages: readonly ImportPostRow[],
  deps: ImportChunkDeps,
  options: ChunkOptions,
): Promise<RowOutcome[]> {
  const checked = messages.map((message) => readImportRow(message, deps.newId));
  return writeCheckedRows<ImportRow, RowRefusal>(checked, (rows) => writeRows(rows, deps, options));
}

async function writeRows(
  rows: readonly ImportRow[],
  deps: ImportChunkDeps,
  { onDuplicate, call }: ChunkOptions,
): Promise<RowOutcome[]> {
  const authorIds = [...new Set(rows.map(({ authorId }) => authorId))];
  const known = await deps.authors.findMany(authorIds, bounded(call));
  const refuse = (id: string) => refuseAuthor(id, known.get(id));
  const outcomes: RowOutcome[] = [];
  const taken = new Set<string>();
  for (const part of splitForCommits(rows)) {
    if (call.signal.aborted) throw call.signal.reason;
    const task = { rows: part, onDuplicate, taken, refuseAuthor: refuse, now: deps.now() };
    const written = await commitRows(deps.store, task, bounded(call));
    written.forEach((outcome, index) => {
      const id = part[index]?.id;
      if (typeof outcome === 'string' && id !== undefined) taken.add(id);
    });
    outcomes.push(...written);
  }
  return outcomes;
}

async function commitRows(
  store: ImportChunkDeps['store'],
  task: Omit<ImportTask, 'existing'>,
  call: StoreCall,
): Promise<RowOutcome[]> {
  const ids = task.rows.map(({ id }) => id);
  for (let race = 1; ; race += 1) {
    try {
      const plan = await store.transaction(call, async ({ posts }) => {
        const made = planImport({ ...task, existing: await posts.findMany(ids) });
        await posts.insertMany(made.inserts);
        await posts.replaceMany(made.replacements);
        return made;
      });
      return plan.outcomes;
    } catch (error) {
      if (!isIdTaken(error) || race === maxIdRaces) throw error;
    }
  }
}

function isIdTaken(error: unknown): boolean {
  return error instanceof TandemError && error.reason === 'ID_TAKEN';
}

function* splitForCommits(rows: readonly ImportRow[]): Generator<ImportRow[]> {
  let part: ImportRow[] = [];
  let bytes = 0;
  for (const row of rows) {
    const rowBytes = Buffer.byteLength(row.content ?? '');
    if (part.length === maxCommitPosts || (part.length > 0 && bytes + rowBytes > maxCommitBytes)) {
      yield part;
      part = [];
      bytes = 0;
    }
    part.push(row);
    bytes += rowBytes;
  }
  yield part;
}

/** A stream has no deadline of its own; each of its steps has. */
function bounded({ requestId, traceparent, signal, deadline }: Call): DirectoryCall & StoreCall {
  return { requestId, traceparent, signal, deadline: Math.min(deadline, Date.now() + commitTimeoutMs) };
}
