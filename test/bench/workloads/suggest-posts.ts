import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { SuggestPostsRequestSchema, SuggestPostsResponseSchema } from '@tandem/contracts/posts';
import type { PostSet } from '../posts/post-sets.ts';
import { createWordDraw } from '../posts/vocabulary.ts';
import { plainPosts, tandemPosts } from '../servers/programs.ts';
import type { LoadRequest, Workload } from '../workload.ts';

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
    makeRequests: ({ random }) => {
      const drawWord = createWordDraw(random);
      return Array.from({ length: requests }, () =>
        makeRequest(drawWord().slice(0, shortest + Math.floor(random() * (longest - shortest + 1)))),
      );
    },
  };
}

function makeRequest(typed: string): LoadRequest {
  const prefix = typed.padEnd(shortest, 'a');
  return {
    message: toBinary(SuggestPostsRequestSchema, create(SuggestPostsRequestSchema, { prefix })),
    findFault(reply) {
      const { suggestions } = fromBinary(SuggestPostsResponseSchema, reply);
      const other = suggestions.find(({ text }) => !text.toLowerCase().startsWith(prefix));
      return other === undefined ? undefined : `asked for ${prefix}, got ${other.text}`;
    },
  };
}
