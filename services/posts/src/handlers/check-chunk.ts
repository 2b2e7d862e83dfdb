import type { ImportPostRow } from '@tandem/contracts/posts';
import type { Call } from '@tandem/rpc';
import type { ImportRow, RowRefusal } from '../domain/import-plan.ts';
import type { Author, AuthorDirectory } from '../peers/author-directory.ts';
import { readImportRow } from './import-row.ts';
import { namePlaces, runImportStep } from './import-step.ts';
import { mapInTurns } from './map-in-turns.ts';

export interface CheckChunkDependencies {
  readonly authors: Pick<AuthorDirectory, 'findMany'>;
  readonly newId: () => string;
}

/** The rows of one message as far as the posts that there are do not matter. */
export interface CheckedChunk {
  /** In their order. */
  readonly checked: readonly (ImportRow | RowRefusal)[];
  /** The authors of good rows, by id; those that there are. */
  readonly authors: ReadonlyMap<string, Author>;
  /** What a person calls some of the rows. */
  readonly name: (rows: readonly ImportRow[]) => string;
}

/** Checks the rows of one message, and asks for their authors at once. */
export async function checkChunk(
  messages: readonly ImportPostRow[],
  { authors, newId }: CheckChunkDependencies,
  call: Call,
): Promise<CheckedChunk> {
  const checked = await mapInTurns(messages, (message) => readImportRow(message, newId));
  const places = new Map(checked.map((row, place) => [row, place]));
  const name = (rows: readonly ImportRow[]) => namePlaces(rows.map((row) => places.get(row) ?? 0));
  const good = checked.filter((row) => 'authorId' in row);
  const ids = [...new Set(good.map(({ authorId }) => authorId))];
  const step = { what: `asking for the authors of ${name(good)}`, call };
  const found = ids.length === 0 ? new Map() : await runImportStep(step, (bounds) => authors.findMany(ids, bounds));
  return { checked, authors: found, name };
}
