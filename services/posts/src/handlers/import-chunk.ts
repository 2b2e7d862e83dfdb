import { type Call, TandemError, writeCheckedRows } from '@tandem/rpc';
import { refuseAuthor, refuseEnded } from '../domain/author-refusal.ts';
import {
  type Duplicates,
  type ImportPlan,
  type ImportRow,
  type ImportRows,
  type OnDuplicate,
  planImport,
  type RowOutcome,
  type RowRefusal,
  toText,
} from '../domain/import-plan.ts';
import type { TimeMillis } from '../domain/post.ts';
import type { LoneWriters, PostStore, PostWriter } from '../store/store.ts';
import type { CheckedChunk } from './check-chunk.ts';
import { prepareAhead, splitForCommits, writeOrHalve } from './import-parts.ts';
import { runImportStep } from './import-step.ts';

/** Another call may take an id, end an author, or change a post that is written without a transaction, after the look. */
const maxRaces = 5;

export interface ImportChunkDependencies {
  readonly store: Pick<PostStore, 'prepare' | 'transaction' | 'withoutTransaction'> & {
    readonly reader: Pick<PostStore['reader'], 'measure'>;
  };
  readonly now: () => TimeMillis;
}

export interface ChunkOptions {
  readonly onDuplicate: OnDuplicate;
  readonly call: Call;
}

/** Takes in the rows of one message, in several commits; the outcome of each row, in their order. */
export function importChunk(
  { checked, authors, name }: CheckedChunk,
  dependencies: ImportChunkDependencies,
  options: ChunkOptions,
): Promise<RowOutcome[]> {
  return writeCheckedRows<ImportRow, RowRefusal>(checked, (rows) =>
    writeRows(rows, dependencies, { ...options, authors, name }),
  );
}

async function writeRows(
  rows: readonly ImportRow[],
  dependencies: ImportChunkDependencies,
  { onDuplicate, call, authors, name }: ChunkOptions & Pick<CheckedChunk, 'authors' | 'name'>,
): Promise<RowOutcome[]> {
  const refuse = (id: string) => refuseAuthor(id, authors.get(id));
  const taken = new Set<string>();
  const write = async (part: readonly ImportRow[], run: RunWork): Promise<RowOutcome[]> => {
    if (call.signal.aborted) throw call.signal.reason;
    const task = { rows: part, onDuplicate, taken, refuseAuthor: refuse, now: dependencies.now() };
    const written = await commitRows(task, run);
    for (const [index, { id }] of part.entries()) if (typeof written[index] === 'string') taken.add(id);
    return written;
  };
  const writing = (part: readonly ImportRow[]) => ({ what: `writing ${name(part)}`, call });
  const writers = {
    inTransaction: (part: readonly ImportRow[]) => {
      const inTurnFor = [...new Set(part.map((row) => row.authorId))];
      return runImportStep(writing(part), (bounds) =>
        write(part, (work) => dependencies.store.transaction({ ...bounds, divisible: true }, work, { inTurnFor })),
      );
    },
    alone: (row: ImportRow) =>
      runImportStep(writing([row]), (bounds) =>
        write([row], (work) => dependencies.store.withoutTransaction(bounds, work)),
      ),
  };
  const ids = rows.map(({ id }) => id);
  const measure = () =>
    runImportStep({ what: `measuring the posts of ${name(rows)}`, call }, (bounds) =>
      dependencies.store.reader.measure(ids, bounds),
    );
  const there = onDuplicate === 'update' ? await measure() : undefined;
  const prepare = (part: readonly ImportRow[]) => dependencies.store.prepare(part.map(toText));
  const outcomes: RowOutcome[] = [];
  for await (const part of prepareAhead([...splitForCommits(rows, there)], prepare)) {
    outcomes.push(...(await writeOrHalve(part, writers)));
  }
  return outcomes;
}

/** What rows are written by, in a transaction or without. */
type RowWriters = Pick<LoneWriters, 'posts' | 'reservations'> & { readonly authors: AuthorAdmission };
type AuthorAdmission = Pick<LoneWriters['authors'], 'admit'>;
type RunWork = (work: (writers: RowWriters) => Promise<ImportPlan>) => Promise<ImportPlan>;

async function commitRows(
  task: ImportRows & { readonly onDuplicate: OnDuplicate },
  run: RunWork,
): Promise<RowOutcome[]> {
  const madeIds = new Set(task.rows.flatMap(({ id, idIsChosen }) => (idIsChosen ? [] : [id])));
  for (let race = 1; ; race += 1) {
    try {
      const plan = await run(async ({ posts, authors, reservations }) => {
        const duplicates = await findDuplicates(posts, task);
        const refuseAuthor = await admitAuthors(authors, task, duplicates);
        const held = await reservations.findHeld(listNewIds(task, duplicates));
        const made = planImport({ ...task, ...duplicates, refuseAuthor, held });
        await posts.insertMany(made.inserts, { madeIds });
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
