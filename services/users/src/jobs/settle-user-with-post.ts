import { type Answer, breakpoint } from '@tandem/rpc';
import type { AuthorPosts, PeerCall } from '../peers/author-posts.ts';
import type { PendingUser } from '../store/pending-user-store.ts';
import type { UserStore, UsersTransaction } from '../store/store.ts';

/** What the end of a CreateUserWithPost needs. */
export interface SettlementDependencies {
  readonly store: Pick<UserStore, 'transaction'>;
  readonly posts: Pick<AuthorPosts, 'confirm' | 'cancel'>;
}

/**
 * Ends a CreateUserWithPost one way or the other. A user who is still pending never will be one, and the post with it; for
 * one who was activated the post is confirmed, and then the call is answered. Call and job both end it so: whichever comes
 * first, and as often as it takes.
 *
 * @returns the answer that is stored; undefined where nothing came of the attempt, or it was ended before
 */
export function settleUserWithPost({ store, posts }: SettlementDependencies) {
  return async (userId: string, call: PeerCall): Promise<Answer | undefined> => {
    const { deadline, signal } = call;
    const { pending } = await store.transaction({ deadline, signal }, (tx) => decide(tx, userId));
    if (pending === undefined) return undefined;
    breakpoint('creation:decided');
    // Only now: whoever lost the race must not tell posts.
    if (pending.state === 'activated') await posts.confirm(pending.postId, call);
    else await posts.cancel(pending.postId, call);
    breakpoint('creation:told');
    const { answer } = await store.transaction({ deadline, signal }, (tx) => close(tx, pending));
    breakpoint('creation:closed');
    return answer;
  };
}

/** By then it is activated or cancelled, whoever did it. A cancelled attempt leaves its claim to the next. */
async function decide({ pendingUsers, answers }: UsersTransaction, userId: string) {
  const isCancelled = await pendingUsers.cancel(userId);
  const pending = await pendingUsers.find(userId);
  if (isCancelled && pending !== undefined) await answers.withdraw(pending.answerTo);
  return { pending };
}

async function close(
  { pendingUsers, answers, jobs }: UsersTransaction,
  { id, answerTo, reply }: PendingUser,
): Promise<{ answer: Answer | undefined }> {
  // Before posts has confirmed, a duplicate would be told of a post that cannot be read yet.
  const answer = reply && (await answers.put(answerTo, { kind: 'reply', bytes: reply }));
  await pendingUsers.remove(id);
  await jobs.finish({ queue: 'settle-user-with-post', id });
  return { answer };
}
