import type { Db } from 'mongodb';
import type { CollectionDocument } from './collection.ts';
import type { Ranking } from './measures.ts';

/** MongoDB's own text search over the collection, in the order of its score: what most would build first. */
export async function createPlainText(
  db: Db,
  { documents, titleWeight }: { documents: readonly CollectionDocument[]; titleWeight: number },
): Promise<Ranking> {
  const plain = db.collection<{ _id: string; title: string; content: string }>(`plain_${titleWeight}`);
  await plain.insertMany(documents.map(({ id, title, content }) => ({ _id: id, title, content })));
  await plain.createIndex({ title: 'text', content: 'text' }, { weights: { title: titleWeight, content: 1 } });
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
