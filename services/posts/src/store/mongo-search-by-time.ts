import type { Collection } from 'mongodb';
import type { PostFilter, PostOrder } from '../domain/post.ts';
import type { SearchPosition } from '../domain/search.ts';
import { boundsOf } from './mongo-bounds.ts';
import { translating } from './mongo-errors.ts';
import type { PostDocument } from './mongo-post-document.ts';
import { toPageMatch } from './mongo-post-filter.ts';
import { findSpec } from './mongo-posts.ts';
import { type CandidateProjection, readCandidate } from './mongo-search-candidate.ts';
import type { Candidate, Judge } from './mongo-search-judge.ts';
import type { TextCheck } from './mongo-search-texts.ts';
import type { SearchBounds } from './search-bounds.ts';
import type { SearchHit, SearchHits, SearchPage, StoreCall } from './store.ts';

export type TimeOrder = PostOrder<'create_time' | 'publish_time'>;

const postsPerLook = 200;

export interface TimeWalk {
  readonly posts: Collection<PostDocument>;
  readonly filter: PostFilter;
  readonly order: TimeOrder;
  readonly judge: Judge;
  /** What the judge looks at, and the time. */
  readonly projection: CandidateProjection;
  readonly texts: TextCheck;
  readonly bounds: SearchBounds;
  readonly call: StoreCall;
}

interface Scanned {
  readonly position: SearchPosition;
  readonly candidate: Candidate | undefined;
}

/** Words that very many posts have: the posts are walked in the order of their times, and judged one by one. */
export async function walkByTime(walk: TimeWalk, { after, limit }: SearchPage): Promise<SearchHits> {
  const hits: SearchHit[] = [];
  const { maxScanned, maxTexts } = walk.bounds;
  let [scanned, looked] = [0, 0];
  let last: SearchPosition | undefined;
  for await (const look of readLooks(walk, after)) {
    const kept = new Set(await walk.texts.keepMatching(look.flatMap(({ candidate }) => candidate ?? [])));
    for (const { position, candidate } of look) {
      if (candidate !== undefined && kept.has(candidate)) {
        if (hits.length === limit) return { hits, next: hits.at(-1)?.position };
        hits.push({ id: candidate.id, score: candidate.score, position });
      }
      last = position;
    }
    scanned += look.length;
    looked += look.filter(({ candidate }) => candidate?.needsText).length;
    if (scanned >= maxScanned || looked >= maxTexts) return { hits, next: last };
  }
  return { hits, next: undefined };
}

async function* readLooks(
  { posts, filter, order, judge, projection, bounds, call }: TimeWalk,
  after: SearchPosition | undefined,
) {
  const page = toPageMatch(filter, { order, after });
  if (page === undefined) return;
  const { match, options } = findSpec(page, { order, limit: bounds.maxScanned, withContent: false });
  const cursor = posts.find<Buffer>(match, {
    ...options,
    ...boundsOf(call),
    projection,
    batchSize: postsPerLook,
    raw: true,
  });
  try {
    for (;;) {
      const look: Scanned[] = [];
      while (look.length < postsPerLook) {
        const bytes = await translating(() => cursor.next());
        if (bytes === null) break;
        const document = readCandidate(bytes);
        const key = document[order.field] ?? null;
        look.push({ position: { key, id: document._id }, candidate: judge(document) });
      }
      if (look.length > 0) yield look;
      if (look.length < postsPerLook) return;
    }
  } finally {
    await cursor.close();
  }
}
