import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  AuthorState,
  ListPostsWithAuthorsRequestSchema,
  ListPostsWithAuthorsResponseSchema,
} from '@tandem/contracts/posts';
import { createZipf } from '../load/zipf.ts';
import { nameTag, tagCount } from '../posts/make-posts.ts';
import { plainPosts, tandemPosts } from '../servers/programs.ts';
import type { LoadRequest, Workload } from '../workload.ts';

const requests = 2_000;
const pageSize = 20;

/** A page of MongoDB's posts, and their authors from the other service. */
export const listPostsWithAuthors: Workload = {
  name: 'ListPostsWithAuthors 20',
  notes: [
    'ListPostsWithAuthors 20: the newest 20 posts of a tag and their authors by one BatchGetUsers, on either side; the CPU ms are those ' +
      'of both services of a side.',
  ],
  path: '/tandem.posts.v1.PostService/ListPostsWithAuthors',
  ours: tandemPosts.large,
  peers: { plain: plainPosts.large },
  limits: [],
  inFlightPerConnection: 4,
  store: 'mongodb',
  makeRequests: ({ random }) => {
    const drawTag = createZipf({ size: tagCount, random });
    return Array.from({ length: requests }, () => makeRequest(nameTag(drawTag())));
  },
};

function makeRequest(tag: string): LoadRequest {
  const request = create(ListPostsWithAuthorsRequestSchema, {
    filter: { tags: [tag] },
    orderBy: 'create_time desc',
    pageSize,
  });
  return {
    message: toBinary(ListPostsWithAuthorsRequestSchema, request),
    findFault(reply) {
      const { items } = fromBinary(ListPostsWithAuthorsResponseSchema, reply);
      const good = items.filter(({ post, authorState }) => post?.tags.includes(tag) && authorState === AuthorState.OK);
      return good.length === items.length
        ? undefined
        : `asked for posts of ${tag}, ${good.length} of ${items.length} are`;
    },
  };
}
