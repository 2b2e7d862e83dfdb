import { MongoClient } from 'mongodb';
import { expect, it } from 'vitest';
import { openPostsRunner } from '../runner/posts-runner.ts';
import { useEmptyPostsDatabase } from '../testing/use-empty-databases.ts';
import { postsMigrations } from './list.ts';

const index = postsMigrations.findIndex(({ name }) => name.endsWith('-search-terms-by-index'));

it('keeps the counts of search, up and down, and has them counted anew', async () => {
  const url = await useEmptyPostsDatabase();
  await using before = await openPostsRunner({ url, migrations: postsMigrations.slice(0, index) });
  await before.up();
  await using client = new MongoClient(url);
  const collectionOf = (name: string) => client.db().collection<{ _id: string }>(name);
  const entry = { _id: '0001wleek', posts: 2, published: 1, rank: 2, keys: ['0001wl'], languages: { en: 2 } };
  const kept: [string, object[]][] = [
    ['search_terms', ['a', 'b', 'c'].map((term, posts) => ({ _id: `0001${term}`, posts: posts + 1 }))],
    ['search_entries', [entry]],
  ];
  for (const [name, documents] of kept) await collectionOf(name).insertMany(documents as { _id: string }[]);
  await collectionOf('search_statistics').insertOne({ _id: 'counts', analysis_version: 1, sequence: 7 } as never);
  await using runner = await openPostsRunner({ url, migrations: postsMigrations.slice(0, index + 1) });
  let sequence = 7;
  for (const move of [() => runner.up(), () => runner.down()]) {
    await move();
    for (const [name, documents] of kept) expect(await collectionOf(name).find().toArray()).toEqual(documents);
    sequence += 1;
    expect(await collectionOf('search_statistics').findOne()).toEqual({ _id: 'counts', analysis_version: 0, sequence });
  }
});
