import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { SearchPostsRequestSchema, SearchPostsResponseSchema } from '@tandem/contracts/posts';
import { publishedShare } from '../posts/make-posts.ts';
import { countPosts, meanWords, type PostSet } from '../posts/post-sets.ts';
import { firstContentRank, shareOf, spellWord, vocabularySize } from '../posts/vocabulary.ts';
import { plainPosts, tandemPosts } from '../servers/programs.ts';
import type { LoadRequest, Workload } from '../workload.ts';
import { createEmptyCheck } from './empty-answers.ts';

const requests = 500;
const pageSize = 10;

interface QueryKind {
  readonly name: 'rare' | 'medium' | 'common' | 'ten words';
  readonly words: number;
  /** Between which ranks of the vocabulary they are. */
  readonly from: number;
  readonly to: number;
  readonly note: string;
}

const kinds: readonly QueryKind[] = [
  { name: 'rare', words: 2, from: 40_000, to: 60_000, note: 'two words that 1 of 5,000 posts have' },
  { name: 'medium', words: 2, from: 1_000, to: 2_000, note: 'two words that 1 of 150 posts have' },
  {
    name: 'common',
    words: 2,
    from: firstContentRank,
    to: firstContentRank + 20,
    note: 'two of the twenty commonest words that are no stop words: 1 of 5 posts has one',
  },
  { name: 'ten words', words: 10, from: firstContentRank, to: vocabularySize, note: 'ten words of all kinds' },
];

/** Words of posts, the best ten posts; on the larger set against plain, and on the smaller to see how the cost grows. */
export const searchPosts: readonly Workload[] = [
  ...kinds.map((kind) => search(kind, 'large')),
  ...kinds.map((kind) => search(kind, 'small')),
];

function search(kind: QueryKind, set: PostSet): Workload {
  const name = `SearchPosts ${kind.name}${set === 'small' ? ', a tenth of the posts' : ''}`;
  return {
    name,
    notes: set === 'small' ? [] : [`${name}: ${kind.note}; page of ${pageSize}, one call after the other.`],
    path: '/tandem.posts.v1.SearchService/SearchPosts',
    ours: tandemPosts[set],
    peers: set === 'small' ? {} : { plain: plainPosts[set] },
    limits: [],
    connections: 1,
    inFlightPerConnection: 1,
    store: 'mongodb',
    makeRequests({ posts, random }) {
      const written = countPosts({ posts }, set) * publishedShare * meanWords;
      const checkEmpty = createEmptyCheck();
      return Array.from({ length: requests }, () => makeRequest(kind, { random, written, checkEmpty }));
    },
  };
}

interface QuerySource {
  readonly random: () => number;
  /** How many words the posts have that may be found. */
  readonly written: number;
  readonly checkEmpty: ReturnType<typeof createEmptyCheck>;
}

function makeRequest({ words, from, to }: QueryKind, { random, written, checkEmpty }: QuerySource): LoadRequest {
  const ranks = Array.from({ length: words }, () => drawRank({ from, to, random }));
  const query = ranks.map(spellWord).join(' ');
  const expected = ranks.reduce((sum, rank) => sum + shareOf(rank) * written, 0);
  return {
    message: toBinary(SearchPostsRequestSchema, create(SearchPostsRequestSchema, { query, pageSize })),
    findFault(reply) {
      const { hits } = fromBinary(SearchPostsResponseSchema, reply);
      const isOrdered = hits.every(({ score }, index) => index === 0 || score <= (hits[index - 1]?.score ?? 0));
      if (!isOrdered || hits.length > pageSize) return `${hits.length} hits, out of order or too many`;
      return checkEmpty({ text: query, expected }, hits.length);
    },
  };
}

/** Each order of magnitude as often. */
function drawRank({ from, to, random }: { from: number; to: number; random: () => number }): number {
  return Math.floor(from * (to / from) ** random());
}
