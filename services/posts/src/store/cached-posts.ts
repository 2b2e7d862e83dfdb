import { createEntityCache, type EntityCache, type EntityTally, type ProtocolDriver } from '@tandem/cache';
import { breakpoint, type Readers, watchCalls } from '@tandem/rpc';
import type { FullPost } from '../domain/post.ts';
import type { EncodedPost, EncodedPostReader, PostReader, StoreCall } from './store.ts';

/** A post as bytes, and back. */
export interface PostCodec {
  encode(post: FullPost): Uint8Array;
  decode(bytes: Uint8Array): FullPost;
}

export interface PostCacheOptions {
  readonly driver: ProtocolDriver;
  /** The database's. */
  readonly reader: Pick<PostReader, 'select'>;
  /** The database's, as bytes. */
  readonly encoded: Readers<EncodedPostReader>;
  readonly codec: Pick<PostCodec, 'encode'>;
  readonly tally: EntityTally;
}

/** Posts in the cache, before those in the database. */
export interface PostCache extends Readers<EncodedPostReader> {
  /** What the cache calls a post. */
  keyOf(id: string): string;
}

const ttlMs = 300_000;
const absentTtlMs = 30_000;
/** Of what the bytes mean; to be raised with any change of `Post` that older bytes do not have. */
const schemaVersion = 1;
/** Contents beyond are the database's alone: of those a Redis would hold few others. */
const maxContentBytes = 64 * 1024;
/** Stands for a post with such a content: it has to be read where it is. No message of a post is empty. */
const tooLarge = new Uint8Array(0);
/** So many posts are looked up at once: they are in memory together. */
const idsPerLook = 100;

/** Posts by id. */
export function createPostCache({ driver, reader, encoded, codec, tally }: PostCacheOptions): PostCache {
  const entities = createEntityCache<StoreCall>({
    ...{ driver, tally, schemaVersion, ttlMs, absentTtlMs },
    ...{ service: 'posts', entity: 'post' },
    async load(ids, calls) {
      using bounds = watchCalls(calls);
      const found = new Map<string, Uint8Array>();
      for await (const { content, ...post } of reader.select({ ids, withContent: true, maxContentBytes }, bounds)) {
        found.set(post.id, content === undefined ? tooLarge : codec.encode({ ...post, content }));
      }
      breakpoint('posts:read');
      return found;
    },
  });
  return {
    keyOf: (id) => entities.keyOf(id),
    reader: createReader((ids, call) => lookUp(entities, ids, call), encoded.reader),
    strongReader: encoded.strongReader,
    eventualReader: createReader((ids) => peek(entities, ids), encoded.eventualReader),
  };
}

/** What the cache tells of some ids. */
interface Looked {
  readonly found: readonly EncodedPost[];
  /** To be read in the database; those of the rest there are none of. */
  readonly unread: readonly string[];
}

type Look = (ids: readonly string[], call: StoreCall) => Promise<Looked>;

function createReader(look: Look, database: EncodedPostReader): EncodedPostReader {
  return {
    async get(id, call) {
      const { found, unread } = await look([id], call);
      return unread.length > 0 ? await database.get(id, call) : found[0]?.bytes;
    },
    async *select(ids, call) {
      const distinct = [...new Set(ids)];
      for (let begin = 0; begin < distinct.length; begin += idsPerLook) {
        const { found, unread } = await look(distinct.slice(begin, begin + idsPerLook), call);
        yield* found;
        if (unread.length > 0) yield* database.select(unread, call);
      }
    },
  };
}

async function lookUp(entities: EntityCache<StoreCall>, ids: readonly string[], call: StoreCall): Promise<Looked> {
  const posts = [...(await entities.getMany(ids, call))].map(([id, bytes]) => ({ id, bytes }));
  return { found: posts.filter(isWhole), unread: posts.filter((post) => !isWhole(post)).map(({ id }) => id) };
}

/** What is not cached is read where it may lag: nothing of that may be cached. */
async function peek(entities: EntityCache<StoreCall>, ids: readonly string[]): Promise<Looked> {
  const seen = await Promise.all(ids.map(async (id) => ({ id, cached: await entities.peek(id) })));
  const posts = seen.map(({ id, cached }) => ({ id, bytes: cached === undefined ? tooLarge : cached.entity }));
  const known = posts.filter((post): post is EncodedPost => post.bytes !== undefined);
  return { found: known.filter(isWhole), unread: known.filter((post) => !isWhole(post)).map(({ id }) => id) };
}

function isWhole({ bytes }: EncodedPost): boolean {
  return bytes.length > 0;
}
