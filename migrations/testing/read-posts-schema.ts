import { type Db, MongoClient } from 'mongodb';

const ofTheRunner = ['migrations', 'migration_locks'];

/** Every collection with its options (validators included) and indexes, sorted; the runner's own aside. */
export async function readPostsSchema(url: string): Promise<unknown[]> {
  await using client = new MongoClient(url);
  const db = client.db();
  const collections = await db.listCollections({ name: { $nin: ofTheRunner } }).toArray();
  const sorted = collections.sort((a, b) => (a.name < b.name ? -1 : 1));
  return await Promise.all(
    sorted.map(async ({ name, type, ...rest }) => ({
      name,
      type,
      options: 'options' in rest ? rest.options : {},
      indexes: type === 'view' ? [] : await readIndexes(db, name),
    })),
  );
}

async function readIndexes(db: Db, collection: string): Promise<unknown[]> {
  const indexes = await db.collection(collection).listIndexes().toArray();
  return indexes.sort((a, b) => (a.name < b.name ? -1 : 1));
}
