import type { Collection, Db } from 'mongodb';
import type { CollectionDocument } from './collection.ts';
import type { Ranking } from './measures.ts';

interface PlainDocument {
  readonly _id: string;
  readonly title: string;
  readonly content: string;
}

export interface PlainText {
  readonly documents: readonly CollectionDocument[];
  readonly titleWeight: number;
}

/** The documents under MongoDB's own text index. */
export async function indexPlainText(
  db: Db,
  { documents, titleWeight }: PlainText,
): Promise<Collection<PlainDocument>> {
  const plain = db.collection<PlainDocument>(`plain_${titleWeight}`);
  await plain.insertMany(documents.map(({ id, title, content }) => ({ _id: id, title, content })));
  await plain.createIndex({ title: 'text', content: 'text' }, { weights: { title: titleWeight, content: 1 } });
  return plain;
}

/** What has a word, those first in which it weighs most; no more than `limit`. */
export function walkWord(plain: Collection<PlainDocument>, limit: number): (word: string) => Promise<string[]> {
  return async (word) => {
    const found = await plain
      .find({ $text: { $search: word } }, { projection: { _id: 1 } })
      .limit(limit)
      .toArray();
    return found.map(({ _id }) => _id);
  };
}

/** MongoDB's own text search in the order of its score: what most would build first. */
export function rankByTextScore(plain: Collection<PlainDocument>): Ranking {
  return async ({ text }) => {
    // Quotes and minus signs are operators: what is compared is the order of hits that have any of the words.
    const words = text.replace(/["\-\\]/g, ' ');
    const hits = await plain
      .find({ $text: { $search: words } }, { projection: { score: { $meta: 'textScore' } } })
      .sort({ score: { $meta: 'textScore' }, _id: 1 })
      .limit(100)
      .toArray();
    return hits.map(({ _id }) => _id);
  };
}
