import type { Collection } from 'mongodb';
import { authorEnded } from '../domain/author-refusal.ts';
import type { FullPost } from '../domain/post.ts';
import type { LoneAuthorWriter } from './mongo-authors.ts';
import { timeLeft } from './mongo-bounds.ts';
import type { PostDocument } from './mongo-post-document.ts';
import { createPostWriter, type PostWriterScope } from './mongo-post-writer.ts';
import type { PostWriter } from './store.ts';

/**
 * For single writes without a transaction. An author may be ended between the admission and the insert, and the posts
 * that the end found then lack this one: it is looked again after the insert. Who is killed in between leaves a post to
 * the end's next run, which is not done before the time for such inserts is over.
 */
export function createLonePostWriter(
  posts: Collection<PostDocument>,
  { call, authors, indexLater }: Omit<PostWriterScope, 'session'> & { authors: LoneAuthorWriter },
): PostWriter {
  const writer = createPostWriter(posts, { session: undefined, call, authors, indexLater });
  const takeOutOrphans = async (inserted: readonly FullPost[]) => {
    const ended = await authors.findEnded(inserted.map(({ authorId }) => authorId));
    const orphans = inserted.filter(({ authorId }) => ended.has(authorId));
    const [orphan] = orphans;
    if (orphan === undefined) return;
    await posts.deleteMany({ _id: { $in: orphans.map(({ id }) => id) } }, timeLeft(call));
    throw authorEnded(orphan.authorId);
  };
  return {
    ...writer,
    async insert(post) {
      await writer.insert(post);
      await takeOutOrphans([post]);
    },
    async insertMany(several) {
      await writer.insertMany(several);
      await takeOutOrphans(several);
    },
  };
}
