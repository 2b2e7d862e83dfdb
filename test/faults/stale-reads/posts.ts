import { randomUUID } from 'node:crypto';
import { Code, ConnectError } from '@connectrpc/connect';
import type { PostsClient, UsersClient } from '@tandem/contracts';
import { CascadeState } from '@tandem/contracts/users';
import type { Operations, Subject, Write } from './versions.ts';

/** A post whose title tells how often it was written; also one that is gone now. */
export interface PostSubject extends Subject {
  authorId: string;
  /** The number of the latest deletion that was begun. */
  deletion: number;
  /** Whether the latest write was a deletion. */
  isGone: boolean;
}

const bounded = { timeoutMs: 5_000 };
/** For what nothing is made of that fails. */
const patient = { timeoutMs: 60_000 };
const shareOfDeletions = 0.1;
const shareOfCascades = 0.1;

/**
 * Posts that are changed, deleted, deleted with their authors, and created again under their ids.
 *
 * @param users asked to make authors and to delete them
 */
export function createPostOperations(users: UsersClient): Operations<PostsClient, PostSubject> {
  return {
    async create(posts) {
      const subject = { id: randomUUID(), acknowledged: 0, begun: 0, deletion: -1, isGone: false };
      const authorId = await createAuthor(users);
      await posts.createPost({ postId: subject.id, authorId, title: '0' }, patient);
      return { ...subject, authorId };
    },
    plan(subject, write) {
      const { isGone } = subject;
      const chance = Math.random();
      subject.isGone = !isGone && chance < shareOfDeletions + shareOfCascades;
      if (subject.isGone) subject.deletion = write.number;
      if (isGone) return recreate(subject, write, users);
      if (chance < shareOfDeletions) return remove(subject, write);
      if (subject.isGone) return removeAuthor(subject, write, users);
      return retitle(subject, write);
    },
    change: retitle,
    async read(subject, posts) {
      const { id } = subject;
      try {
        const { post } = await posts.getPost({ id }, bounded);
        return Number(post?.title);
      } catch (error) {
        if (ConnectError.from(error).code === Code.NotFound) return subject.deletion;
        throw error;
      }
    },
    async readMany(subjects, client) {
      const { posts } = await client.batchGetPosts({ ids: subjects.map(({ id }) => id) }, bounded);
      const numbers = new Map(posts.map(({ id, title }) => [id, Number(title)]));
      return subjects.map(({ id, deletion }) => numbers.get(id) ?? deletion);
    },
  };
}

async function createAuthor(users: UsersClient): Promise<string> {
  const id = randomUUID();
  await users.createUser({ userId: id, email: `${id}@faults.example`, name: 'Author' }, patient);
  return id;
}

function recreate(subject: PostSubject, { number, requestId }: Write, users: UsersClient) {
  let authorId: string | undefined;
  return async (posts: PostsClient) => {
    authorId ??= await createAuthor(users);
    await posts.createPost({ postId: subject.id, authorId, title: String(number), requestId }, bounded);
    subject.authorId = authorId;
  };
}

function retitle({ id }: PostSubject, { number, requestId }: Write) {
  return (posts: PostsClient) => posts.updatePost({ post: { id, title: String(number) }, requestId }, bounded);
}

function remove({ id }: PostSubject, { requestId }: Write) {
  return (posts: PostsClient) => posts.deletePost({ id, requestId }, bounded);
}

/** By the cascade of DeleteUser; what that leaves for later is hastened. */
function removeAuthor({ authorId }: PostSubject, { requestId }: Write, users: UsersClient) {
  let isPending = false;
  return async (posts: PostsClient) => {
    if (!isPending) {
      const { cascadeState } = await users.deleteUser({ id: authorId, requestId }, bounded);
      if (cascadeState === CascadeState.COMPLETED) return;
      isPending = true;
    }
    const { done } = await posts.deleteAuthorPosts({ authorId }, bounded);
    if (!done) throw new Error('The posts of the author are not all gone yet.');
  };
}
