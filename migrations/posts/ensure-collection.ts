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
  const validator = { $jsonSchema: schema };
  const existing = await db.listCollections({ name }, { nameOnly: true }).toArray();
  if (existing.length === 0) await db.createCollection(name, { validator, ...(clustered ? byId : {}) });
  else await db.command({ collMod: name, validator });
}
