import { MongoClient } from 'mongodb';
import { expect, it, onTestFinished } from 'vitest';
import { usePostsDatabase } from '../../test/support/use-posts-database.ts';
import { down, up } from './202611302200-posts-to-index.ts';

const url = await usePostsDatabase();

it('lists the posts that were left to be indexed before there was a list', async () => {
  const client = new MongoClient(url);
  onTestFinished(() => client.close());
  const db = client.db();
  const ids = db.collection<{ _id: string }>('posts');
  const posts = [{ _id: 'left' }, { _id: 'indexed', vector: 'any' }];
  await ids.insertMany(posts, { bypassDocumentValidation: true });
  await down(db);
  await up(db);
  const due = await db
    .collection<{ _id: string }>('posts_to_index')
    .find({ try_time: { $lte: new Date() } })
    .toArray();
  expect(due.map(({ _id }) => _id)).toEqual(['left']);
});
