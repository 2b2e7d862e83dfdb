import { type Db, MongoClient } from 'mongodb';

/** Works on a MongoDB database over a client of its own. */
export async function useMongo<T>(url: string, work: (db: Db, client: MongoClient) => Promise<T>): Promise<T> {
  const client = new MongoClient(url);
  try {
    return await work(client.db(), client);
  } finally {
    await client.close();
  }
}
