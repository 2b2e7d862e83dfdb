import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Post } from '@tandem/contracts/posts';
import type {
  CreatedPostSchema,
  CreateUserWithPostRequest,
  CreateUserWithPostRequestSchema,
  CreateUserWithPostResponseSchema,
} from '@tandem/contracts/users';
import {
  type Answer,
  breakpoint,
  type Call,
  type Claim,
  EncodedReply,
  fieldInvalid,
  TandemError,
  type UnaryHandler,
} from '@tandem/rpc';
import { v7 as makeUuid } from 'uuid';
import { checkName } from '../domain/names.ts';
import type { NewUser } from '../domain/user.ts';
import type { AuthorPosts } from '../peers/author-posts.ts';
import type { UserStore } from '../store/store.ts';
import { type HashingDependencies, hashNewPassword } from './hash-new-password.ts';
import { toUserMessage } from './user-message.ts';

interface CreateUserWithPostDependencies extends HashingDependencies {
  readonly store: Pick<UserStore, 'transaction'>;
  readonly posts: Pick<AuthorPosts, 'reserve'>;
  /** Ends the attempt one way or the other; the answer where user and post are there. */
  readonly settle: (userId: string, call: Call) => Promise<Answer | undefined>;
}

/** One try: its ids are its own, so that nothing of it can be taken for another's. */
interface Attempt {
  readonly user: NewUser;
  readonly postId: string;
  readonly claim: Claim;
}

/** How long after the call's time the job takes over from a call that was cut off. */
const takeOverMs = 1_000;

/**
 * Creates a user and a first post, both or neither. The user is pending, which nobody sees, until the post is reserved;
 * then becomes a user, which is the point of no return; then the post is confirmed.
 */
export function createUserWithPost(
  dependencies: CreateUserWithPostDependencies,
): UnaryHandler<typeof CreateUserWithPostRequestSchema, typeof CreateUserWithPostResponseSchema> {
  const { store, posts, settle } = dependencies;
  return async (request, call) => {
    const attempt = await makeAttempt(request, call, dependencies);
    await begin(store, attempt, call);
    breakpoint('creation:begun');
    const failure = await activate({ store, posts }, { attempt, request, call }).then(
      () => undefined,
      (error: unknown) => ({ error }),
    );
    breakpoint('creation:activated');
    const answer = await settle(attempt.user.id, call).catch((error: unknown) => {
      throw failure === undefined ? notSettled(error) : failure.error;
    });
    if (answer === undefined) throw failure?.error ?? tooLate();
    return new EncodedReply(answer.bytes);
  };
}

async function makeAttempt(
  { email, name, password }: CreateUserWithPostRequest,
  call: Call,
  dependencies: HashingDependencies,
): Promise<Attempt> {
  const { claim } = call;
  if (claim === undefined) throw fieldInvalid('request_id', 'is required');
  const problem = checkName(name);
  if (problem !== undefined) throw fieldInvalid('name', problem);
  const passwordHash = await hashNewPassword(password, call, dependencies);
  const user = { id: makeUuid(), idIsChosen: false, email, name, passwordHash };
  return { user, postId: makeUuid(), claim };
}

function begin(
  store: Pick<UserStore, 'transaction'>,
  { user, postId, claim }: Attempt,
  { deadline, signal }: Call,
): Promise<object> {
  const { caller, method, requestId } = claim;
  const answerTo = { caller, method, requestId };
  return store.transaction({ deadline, signal, claim, answeredLater: true }, async ({ pendingUsers, jobs }) => {
    await pendingUsers.begin(user, { postId, answerTo });
    const delayMs = deadline - Date.now() + takeOverMs;
    await jobs.enqueue({ queue: 'settle-user-with-post', id: user.id, data: { userId: user.id }, delayMs });
    return {};
  });
}

/** @throws what makes the attempt fail, or leaves open whether it did */
async function activate(
  { store, posts }: Pick<CreateUserWithPostDependencies, 'store' | 'posts'>,
  {
    attempt: { user, postId, claim },
    request,
    call,
  }: { readonly attempt: Attempt; readonly request: CreateUserWithPostRequest; readonly call: Call },
): Promise<void> {
  if (request.post === undefined) throw fieldInvalid('post', 'is required');
  const post = await posts.reserve({ postId, authorId: user.id, post: request.post }, call);
  breakpoint('creation:reserved');
  const { deadline, signal } = call;
  await store.transaction({ deadline, signal }, async ({ pendingUsers }) => {
    const activated = await pendingUsers.activate(user.id);
    if (activated === undefined) throw tooLate();
    const reply = { user: toUserMessage(activated), post: toCreatedPost(post) };
    await pendingUsers.keepReply(user.id, claim.encodeReply(reply));
    return activated;
  });
}

function toCreatedPost({ $typeName: _, $unknown: __, ...fields }: Post): MessageInitShape<typeof CreatedPostSchema> {
  return fields;
}

/** The job was faster, and has undone all. */
function tooLate(): TandemError {
  return new TandemError('DEADLINE_EXCEEDED', 'It took too long, and nothing was created; try again with more time.');
}

/** The user is there; the post comes by the job. */
function notSettled(cause: unknown): unknown {
  if (cause instanceof TandemError && ['DEADLINE_EXCEEDED', 'CANCELLED'].includes(cause.reason)) return cause;
  const text = 'The user and the post are being created; a retry with the same request_id tells when they are there.';
  return new TandemError('OUTCOME_UNKNOWN', text, { cause });
}
