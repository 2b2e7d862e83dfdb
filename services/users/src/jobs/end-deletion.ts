import { setTimeout as wait } from 'node:timers/promises';
import { create, toBinary } from '@bufbuild/protobuf';
import { CascadeState, DeleteUserResponseSchema } from '@tandem/contracts/users';
import { type Answer, breakpoint, type RecordKey } from '@tandem/rpc';
import type { AuthorPosts, DeletionProgress, PeerCall } from '../peers/author-posts.ts';
import type { JobConsumers } from '../store/job-store.ts';
import type { UserStore } from '../store/store.ts';

/** What a deletion's end needs. */
export interface DeletionDependencies {
  readonly store: Pick<UserStore, 'transaction'>;
  readonly posts: Pick<AuthorPosts, 'deleteAll'>;
}

/** A user who is deleted, and whose posts are to go. */
export interface Deletion {
  readonly userId: string;
  /** The call that is answered when they are gone; undefined: none that could ask again. */
  readonly answerTo: RecordKey | undefined;
}

/** Of a call's time, what is kept for its answer. */
const answerShare = 0.2;
const maxAnswerMs = 500;
/** Before posts is asked to go on: what it waits for takes seconds. */
const pauseMs = 200;

/**
 * Deletes the posts for as long as the call has time, and answers how far that came. What is answered is what is stored:
 * a PENDING too, which the job then leaves as it is.
 */
export function endDeletion({ store, posts }: DeletionDependencies) {
  return async (deletion: Deletion, call: PeerCall): Promise<Answer> => {
    const leftMs = call.deadline - Date.now();
    const deadline = call.deadline - Math.min(maxAnswerMs, leftMs * answerShare);
    const { requestId, traceparent, signal } = call;
    const progress = await deletePosts(posts, deletion.userId, { requestId, traceparent, signal, deadline });
    return await answerDeletion(store, { ...deletion, ...progress }, call);
  };
}

/** The job does what the call did not come to. */
export function deleteAuthorPosts({ store, posts }: DeletionDependencies): JobConsumers['delete-author-posts'] {
  return async ({ userId, answerTo }, call) => {
    const progress = await deletePosts(posts, userId, call);
    if (!progress.done) throw progress.failure ?? new Error(`There were more posts of ${userId} than time.`);
    await answerDeletion(store, { userId, answerTo, ...progress }, call);
  };
}

/** Undone, with what it failed of, when the time was over or posts could not be asked. */
async function deletePosts(
  posts: Pick<AuthorPosts, 'deleteAll'>,
  authorId: string,
  call: PeerCall,
): Promise<DeletionProgress & { readonly failure?: unknown }> {
  let progress: DeletionProgress = { deleted: 0n, done: false };
  try {
    for (;;) {
      progress = await posts.deleteAll(authorId, call);
      if (progress.done) return progress;
      await wait(pauseMs, undefined, { signal: call.signal });
    }
  } catch (failure) {
    if (call.signal.aborted) throw call.signal.reason;
    return { ...progress, failure };
  }
}

/** Where posts are left, the job is done at once: there is no call any more that it would get in the way of. */
async function answerDeletion(
  store: Pick<UserStore, 'transaction'>,
  { userId, answerTo, deleted, done }: Deletion & DeletionProgress,
  { deadline, signal }: PeerCall,
): Promise<Answer> {
  const job = { queue: 'delete-author-posts', id: userId } as const;
  const cascadeState = done ? CascadeState.COMPLETED : CascadeState.PENDING;
  const reply = create(DeleteUserResponseSchema, { postsDeleted: deleted, cascadeState });
  const answer = { kind: 'reply', bytes: toBinary(DeleteUserResponseSchema, reply) } as const;
  breakpoint('deletion:posts-gone');
  const stored = await store.transaction({ deadline, signal }, async (tx) => {
    await (done ? tx.jobs.finish(job) : tx.jobs.hasten(job));
    return answerTo === undefined ? answer : await tx.answers.put(answerTo, answer);
  });
  breakpoint('deletion:answered');
  return stored;
}
