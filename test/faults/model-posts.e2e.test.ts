import { randomUUID } from 'node:crypto';
import { createPostsClient, createUsersClient } from '@tandem/contracts';
import fc from 'fast-check';
import { afterAll, describe, expect, inject, it } from 'vitest';
import { startService } from '../pair/start-service.ts';
import { usePostsDatabase } from '../support/use-posts-database.ts';
import { useUsersDatabase } from '../support/use-users-database.ts';
import { makePatient } from './model/ask.ts';
import { createPost, deletePost, updatePost } from './model/change-posts.ts';
import { compareRun, compareRuns } from './model/compare-runs.ts';
import { everyPostGround } from './model/every-post-ground.ts';
import { importCommands, rowGrounds } from './model/import-rows.ts';
import { commandsOf, makeRepeat } from './model/mutation.ts';
import { PostsModel, type PostsReplicas } from './model/posts-model.ts';
import { comparePosts, readCommands } from './model/read-posts.ts';
import { authorCommands, cancelPost, confirmPost, reservePost } from './model/reserve-posts.ts';
import { searchCommands } from './model/search-posts.ts';
import { scaled, scaledTimeoutMs } from './support/scale.ts';

/** A mutation is sent again under its `request_id`. That one is in progress is an answer here: its id may be reserved. */
const busyReasons = [
  'OVERLOADED',
  'HASH_QUEUE_FULL',
  'STORE_UNAVAILABLE',
  'PEER_UNAVAILABLE',
  'DEADLINE_EXCEEDED',
  'DeadlineExceeded',
  'OUTCOME_UNKNOWN',
];

const mutations = [createPost, updatePost, deletePost, reservePost, confirmPost, cancelPost];
const commands = fc.commands(
  [
    fc.oneof(
      { weight: 8, arbitrary: commandsOf(createPost) },
      { weight: 6, arbitrary: commandsOf(updatePost) },
      { weight: 2, arbitrary: commandsOf(deletePost) },
      { weight: 3, arbitrary: commandsOf(reservePost) },
      { weight: 3, arbitrary: commandsOf(confirmPost) },
      { weight: 2, arbitrary: commandsOf(cancelPost) },
      { weight: 5, arbitrary: makeRepeat<PostsModel, PostsReplicas>() },
      ...importCommands,
      ...authorCommands,
      ...readCommands,
      ...searchCommands,
    ),
  ],
  { maxCommands: 60, size: 'max' },
);
const otherCommands = [...importCommands, ...authorCommands, ...readCommands, ...searchCommands];

describe('the posts service beside a model of its contract', { timeout: scaledTimeoutMs(300_000) }, async () => {
  const replicas = await useReplicas();

  const ends = {
    async begin() {
      const model = new PostsModel();
      for (const { id, state } of model.authors) {
        const email = `${id}@model.example`;
        const user = { userId: id, email, name: 'Author', requestId: randomUUID() };
        if (state === 'active') await replicas.users.createUser(user);
      }
      return { model, real: replicas };
    },
    compareEnd: comparePosts,
  };

  it('refuses on each ground that there is, alone, as the model does', async () => {
    const { decisive } = await compareRun(ends, everyPostGround);
    const grounds = mutations.flatMap(({ method, grounds }) => grounds.map((ground) => `${method} ${ground}`));
    const ofRows = rowGrounds.map((ground) => `importPosts ${ground}`);
    expect([...new Set(decisive)].sort()).toEqual([...grounds, ...ofRows].sort());
  });

  it('answers every sequence of calls as the model does', async () => {
    await compareRuns({
      ...ends,
      file: 'test/faults/model-posts.e2e.test.ts',
      commands,
      runsPerLane: scaled(25),
      kinds: mutations.length + 1 + otherCommands.length,
    });
  });
});

/** Two of posts, so that nothing may be remembered by one alone. */
async function useReplicas(): Promise<PostsReplicas> {
  const owned = new AsyncDisposableStack();
  afterAll(() => owned.disposeAsync());
  const shared = { REDIS_URL: inject('redisUrl'), LOG_LEVEL: 'error' };
  const usersEnv = { ...shared, USERS_DATABASE_URL: await useUsersDatabase() };
  const users = owned.use(await startService('users', usersEnv));
  const postsEnv = { ...shared, POSTS_DATABASE_URL: await usePostsDatabase(), USERS_TARGET: users.grpc };
  const posts = [owned.use(await startService('posts', postsEnv)), owned.use(await startService('posts', postsEnv))];
  const connect = (target: string) => owned.use(createPostsClient(target, { maxAttempts: 1 }));
  return {
    users: makePatient(owned.use(createUsersClient(users.grpc, { maxAttempts: 1 })), busyReasons),
    clients: posts.map(({ grpc }) => makePatient(connect(grpc), busyReasons)),
  };
}
