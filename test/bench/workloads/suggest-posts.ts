import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { SuggestPostsRequestSchema, SuggestPostsResponseSchema } from '@tandem/contracts/posts';
import { publishedShare } from '../posts/make-posts.ts';
import { countPosts, type PostSet } from '../posts/post-sets.ts';
import { createRankDraw, shareOf, spellWord } from '../posts/vocabulary.ts';
import { plainPosts, tandemPosts } from '../servers/programs.ts';
import type { LoadRequest, Workload } from '../workload.ts';
import { createEmptyCheck } from './empty-answers.ts';

const requests = 2_000;
const [shortest, longest] = [2, 7];

/** As a word is typed: the words that are common are typed most. */
export const suggestPosts: readonly Workload[] = [suggest('large'), suggest('small')];

function suggest(set: PostSet): Workload {
  const name = `SuggestPosts${set === 'small' ? ', a tenth of the posts' : ''}`;
  return {
    name,
    notes:
      set === 'small'
        ? []
        : [
            `${name}: ${shortest} to ${longest} letters of a word; ours answers titles, words and tags, plain titles only.`,
          ],
    path: '/tandem.posts.v1.SearchService/SuggestPosts',
    ours: tandemPosts[set],
    peers: set === 'small' ? {} : { plain: plainPosts[set] },
    limits: [],
    connections: 1,
    inFlightPerConnection: 1,
    store: 'mongodb',
    makeRequests({ posts, random }) {
      const drawRank = createRankDraw(random);
      const titles = countPosts({ posts }, set) * publishedShare;
      const checkEmpty = createEmptyCheck();
      return Array.from({ length: requests }, () => {
        const rank = drawRank();
        const letters = shortest + Math.floor(random() * (longest - shortest + 1));
        return makeRequest({ word: spellWord(rank), letters, titles: titles * shareOf(rank), checkEmpty });
      });
    },
  };
}

interface Typing {
  readonly word: string;
  readonly letters: number;
  /** How many titles are expected to begin with the word. */
  readonly titles: number;
  readonly checkEmpty: ReturnType<typeof createEmptyCheck>;
}

function makeRequest({ word, letters, titles, checkEmpty }: Typing): LoadRequest {
  const prefix = word.slice(0, letters).padEnd(shortest, 'a');
  const expected = word.startsWith(prefix) ? titles : 0;
  return {
    message: toBinary(SuggestPostsRequestSchema, create(SuggestPostsRequestSchema, { prefix })),
    findFault(reply) {
      const { suggestions } = fromBinary(SuggestPostsResponseSchema, reply);
      const other = suggestions.find(({ text }) => !text.toLowerCase().startsWith(prefix));
      if (other !== undefined) return `asked for ${prefix}, got ${other.text}`;
      return checkEmpty({ text: prefix, expected }, suggestions.length);
    },
  };
}
