import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A test collection for search: documents, queries, and which documents answer which query how well. */
export interface Collection {
  readonly documents: readonly CollectionDocument[];
  /** Those that somebody judged; their text as it is searched. */
  readonly queries: readonly CollectionQuery[];
}

export interface CollectionDocument {
  readonly id: string;
  readonly title: string;
  readonly content: string;
}

export interface CollectionQuery {
  readonly id: string;
  readonly text: string;
  /** By document; higher is better, 0 is no answer. */
  readonly grades: ReadonlyMap<string, number>;
}

/** Reads `docs.jsonl` {id, title, content}, `queries.jsonl` {id, text} and `qrels.tsv` query, document, grade. */
export async function readCollection(folder: string): Promise<Collection> {
  const documents = await readLines<CollectionDocument>(join(folder, 'docs.jsonl'));
  const queries = await readLines<{ id: string | number; text: string }>(join(folder, 'queries.jsonl'));
  const judgements = await readJudgements(join(folder, 'qrels.tsv'));
  const judged = queries.map(({ id, text }) => ({
    id: String(id),
    text,
    grades: judgements.get(String(id)) ?? new Map(),
  }));
  return {
    documents: documents.map((document) => ({ ...document, id: String(document.id) })),
    queries: judged.filter(({ grades }) => [...grades.values()].some((grade) => grade > 0)),
  };
}

async function readLines<T>(file: string): Promise<T[]> {
  const text = await readFile(file, 'utf8');
  return text.split('\n').flatMap((line) => (line.trim() === '' ? [] : [JSON.parse(line) as T]));
}

async function readJudgements(file: string): Promise<Map<string, Map<string, number>>> {
  const judgements = new Map<string, Map<string, number>>();
  for (const line of (await readFile(file, 'utf8')).split('\n')) {
    const [query, document, grade] = line.trim().split('\t');
    if (query === undefined || document === undefined || !Number.isFinite(Number(grade))) continue;
    const grades = judgements.get(query) ?? new Map<string, number>();
    judgements.set(query, grades.set(document, Number(grade)));
  }
  return judgements;
}
