import type { Db, Document } from 'mongodb';

export interface CollectionForm {
  readonly name: string;
  /** What each document must look like. */
  readonly schema: Document;
  /** Whether documents lie in the order of `_id`, so that ranges of it are read without an index. Default false. */
  readonly clustered?: boolean;
}

const byId = { clusteredIndex: { key: { _id: 1 }, unique: true } };

/** Makes the collection with its validator, or gives it the validator when an earlier attempt made it. */
export async function ensureCollection(db: Db, { name, schema, clustered = false }: CollectionForm): Promise<void> {
  // Level and action are the server's defaults; said, so that a collection is the same whether made or given them later.
  const validation = { validator: { $jsonSchema: schema }, validationLevel: 'strict', validationAction: 'error' };
  const existing = await db.listCollections({ name }, { nameOnly: true }).toArray();
  if (existing.length === 0) await db.createCollection(name, { ...validation, ...(clustered ? byId : {}) });
  else await db.command({ collMod: name, ...validation });
}
