import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import {
  BatchGetPostsResponseSchema,
  GetPostResponseSchema,
  ListPostsResponseSchema,
  ListPostsWithAuthorsResponseSchema,
  PostHitSchema,
  PostWithAuthorSchema,
  SearchPostsResponseSchema,
} from '@tandem/contracts/posts';
import { beginMessage, EncodedReply, writeMessage, writeText } from '@tandem/rpc';
import type { Post } from '../domain/post.ts';
import type { EncodedPost } from '../store/store.ts';
import type { KnownAuthor } from './author-states.ts';
import type { LoadedHit } from './search-hits.ts';
import { writePost } from './write-post.ts';

/** The reply of GetPost. */
export function replyWithPost(post: Uint8Array): EncodedReply {
  return new EncodedReply(writeMessage(new BinaryWriter(), GetPostResponseSchema.field.post.number, post).finish());
}

/** The reply of BatchGetPosts. */
export function replyWithPosts(posts: readonly EncodedPost[], missingIds: readonly string[]): EncodedReply {
  const { field } = BatchGetPostsResponseSchema;
  const writer = new BinaryWriter();
  for (const { bytes } of posts) writeMessage(writer, field.posts.number, bytes);
  for (const id of missingIds) writeText(writer, field.missingIds.number, id);
  return new EncodedReply(writer.finish());
}

/** A page of a list. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextPageToken: string;
  /** There where it was asked for. */
  readonly totalSize?: number;
}

/** The reply of ListPosts. */
export function replyWithPage(page: Page<Post>): EncodedReply {
  const { field } = ListPostsResponseSchema;
  const writer = new BinaryWriter();
  for (const post of page.items) writePost(beginMessage(writer, field.posts.number), post).join();
  return endPage(writer, field, page);
}

/** A post and what is known of its author. */
export interface AuthoredPost {
  readonly post: Post;
  readonly known: KnownAuthor;
}

/** The reply of ListPostsWithAuthors. */
export function replyWithAuthoredPage(page: Page<AuthoredPost>): EncodedReply {
  const { field } = ListPostsWithAuthorsResponseSchema;
  const writer = new BinaryWriter();
  for (const item of page.items) writeItem(beginMessage(writer, field.items.number), item).join();
  return endPage(writer, field, page);
}

/** A post that matched, and what is known of its author where that was asked for. */
export type AuthoredHit = LoadedHit & Partial<Pick<AuthoredPost, 'known'>>;

/** The reply of SearchPosts; `rest` is all but its hits. */
export function replyWithHits(
  hits: readonly AuthoredHit[],
  rest: MessageInitShape<typeof SearchPostsResponseSchema>,
): EncodedReply {
  const writer = new BinaryWriter();
  for (const hit of hits) writeHit(beginMessage(writer, SearchPostsResponseSchema.field.hits.number), hit).join();
  return new EncodedReply(
    writer.raw(toBinary(SearchPostsResponseSchema, create(SearchPostsResponseSchema, rest))).finish(),
  );
}

function writeHit(writer: BinaryWriter, { post, score, highlights, known }: AuthoredHit): BinaryWriter {
  const { field } = PostHitSchema;
  writePost(beginMessage(writer, field.post.number), post).join();
  if (known?.author !== undefined) writeMessage(writer, field.author.number, known.author);
  const rest = create(PostHitSchema, {
    score,
    highlights: highlights.map(({ spans, ...highlight }) => ({ ...highlight, spans: [...spans] })),
    ...(known === undefined ? {} : { authorState: known.authorState }),
  });
  return writer.raw(toBinary(PostHitSchema, rest));
}

function writeItem(writer: BinaryWriter, { post, known }: AuthoredPost): BinaryWriter {
  const { field } = PostWithAuthorSchema;
  writePost(beginMessage(writer, field.post.number), post).join();
  if (known.author !== undefined) writeMessage(writer, field.author.number, known.author);
  return writer.tag(field.authorState.number, WireType.Varint).int32(known.authorState);
}

function endPage(
  writer: BinaryWriter,
  field: (typeof ListPostsResponseSchema | typeof ListPostsWithAuthorsResponseSchema)['field'],
  { nextPageToken, totalSize }: Page<unknown>,
): EncodedReply {
  if (nextPageToken !== '') writeText(writer, field.nextPageToken.number, nextPageToken);
  if (totalSize !== undefined) writer.tag(field.totalSize.number, WireType.Varint).int32(totalSize);
  return new EncodedReply(writer.finish());
}
