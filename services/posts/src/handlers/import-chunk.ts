import type { ImportPostRow } from '@tandem/contracts/posts';
import { type Call, TandemError, writeCheckedRows } from '@tandem/rpc';
import {
  type Duplicates,
  type ImportPlan,
  type ImportRow,
  type ImportRows,
  type OnDuplicate,
  planImport,
  type RowOutcome,
  type RowRefusal,
} from '../domain/import-plan.ts';
import type { TimeMillis } from '../domain/post.ts';
import type { AuthorDirectory, DirectoryCall } from '../peers/author-directory.ts';
import type { LoneWriters, PostStore, PostWriter, StoreCall } from '../store/store.ts';
import { refuseAuthor, refuseEnded } from './author-refusal.ts';
import { splitForCommits, writeOrHalve } from './import-parts.ts';
import { readImportRow } from './import-row.ts';

/** How long one commit and its retries may take, where the stream has no deadline. */
const commitTimeoutMs = 20_000;
/** Another call may take an id, end an author, or change a post that is written without a transaction, after the look. */
const maxRaces = 5;

export interface ImportChunkDeps {
  readonly store: Pick<PostStore, 'transaction' | 'withoutTransaction'> & {
    readonly reader: Pick<PostStore['reader'], 'measure'>;
  };
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
  const taken = new Set<string>();
  const write = async (part: readonly ImportRow[], run: RunWork): Promise<RowOutcome[]> => {
    if (call.signal.aborted) throw call.signal.reason;
    const task = { rows: part, onDuplicate, taken, refuseAuthor: refuse, now: deps.now() };
    const written = await commitRows(task, run);
    for (const [index, { id }] of part.entries()) if (typeof written[index] === 'string') taken.add(id);
    return written;
  };
  const writers = {
    inTransaction: (part: readonly ImportRow[]) =>
      write(part, (work) => {
        const inTurnFor = [...new Set(part.map((row) => row.authorId))];
        return deps.store.transaction({ ...bounded(call), divisible: true }, work, { inTurnFor });
      }),
    alone: (row: ImportRow) => write([row], (work) => deps.store.withoutTransaction(bounded(call), work)),
  };
  const there = onDuplicate === 'update' ? await measureExisting(deps, rows, call) : undefined;
  const outcomes: RowOutcome[] = [];
  for (const part of splitForCommits(rows, there)) outcomes.push(...(await writeOrHalve(part, writers)));
  return outcomes;
}

/** What rows are written by, in a transaction or without. */
type RowWriters = Pick<LoneWriters, 'posts' | 'reservations'> & { readonly authors: AuthorAdmission };
type AuthorAdmission = Pick<LoneWriters['authors'], 'admit'>;
type RunWork = (work: (writers: RowWriters) => Promise<ImportPlan>) => Promise<ImportPlan>;

function measureExisting({ store }: ImportChunkDeps, rows: readonly ImportRow[], call: Call) {
  const ids = rows.map(({ id }) => id);
  return store.reader.measure(ids, bounded(call));
}

async function commitRows(
  task: ImportRows & { readonly onDuplicate: OnDuplicate },
  run: RunWork,
): Promise<RowOutcome[]> {
  for (let race = 1; ; race += 1) {
    try {
      const plan = await run(async ({ posts, authors, reservations }) => {
        const duplicates = await findDuplicates(posts, task);
        const refuseAuthor = await admitAuthors(authors, task, duplicates);
        const held = await reservations.findHeld(listNewIds(task, duplicates));
        const made = planImport({ ...task, ...duplicates, refuseAuthor, held });
        await posts.insertMany(made.inserts);
        await posts.updateMany(made.revisions);
        return made;
      });
      return plan.outcomes;
    } catch (error) {
      if (!isRace(error) || race === maxRaces) throw error;
    }
  }
}

/** Only who is to have a new post needs to be admitted. */
async function admitAuthors(
  authors: AuthorAdmission,
  { rows, refuseAuthor }: ImportRows,
  { existing }: Duplicates,
): Promise<ImportRows['refuseAuthor']> {
  const toInsert = rows.filter(({ id, authorId }) => !existing.has(id) && refuseAuthor(authorId) === undefined);
  const ended = await authors.admit(toInsert.map(({ authorId }) => authorId));
  return (id) => (ended.has(id) ? refuseEnded(id) : refuseAuthor(id));
}

async function findDuplicates(
  posts: PostWriter,
  { rows, onDuplicate }: { rows: readonly ImportRow[]; onDuplicate: OnDuplicate },
): Promise<Duplicates> {
  const ids = rows.map(({ id }) => id);
  if (onDuplicate !== 'update') return { onDuplicate, existing: await posts.findIds(ids) };
  const contentsOf = rows.filter(({ content }) => content !== undefined).map(({ id }) => id);
  return { onDuplicate, existing: await posts.findMany(ids, { contentsOf }) };
}

function listNewIds({ rows }: ImportRows, { existing }: Duplicates): string[] {
  return rows.map(({ id }) => id).filter((id) => !existing.has(id));
}

function isRace(error: unknown): boolean {
  return error instanceof TandemError && ['ID_TAKEN', 'ETAG_MISMATCH', 'AUTHOR_NOT_FOUND'].includes(error.reason);
}

/** A stream has no deadline of its own; each of its steps has. */
function bounded({ requestId, traceparent, signal, deadline }: Call): DirectoryCall & StoreCall {
  return { requestId, traceparent, signal, deadline: Math.min(deadline, Date.now() + commitTimeoutMs) };
}
