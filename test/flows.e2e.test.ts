import { randomUUID } from 'node:crypto';
import { CascadeState, UserService } from '@tandem/contracts/users';
import { waitUntil } from '@tandem/dev-stack';
import { afterAll, describe, expect, it } from 'vitest';
import { createRawEdgeCaller, createRawGrpcCaller } from './pair/raw-call.ts';
import { refusalOf } from './pair/refusal.ts';
import { startService } from './pair/start-service.ts';
import { usePair } from './pair/use-pair.ts';
import { queryDatabase } from './support/query-database.ts';

const patience = { timeoutMs: 60_000, pollMs: 200 };

describe('work across both services', { timeout: 120_000 }, async () => {
  const { users, posts, usersService, postsService, usersEnv, postsEnv } = await usePair();
  const owned = new AsyncDisposableStack();
  afterAll(() => owned.disposeAsync());

  const makeRequest = () => ({
    email: `${randomUUID()}@e2e.example`,
    name: 'Cecilia Payne',
    post: { title: 'What stars are made of', content: 'Hydrogen.', tags: ['stars'], published: true },
    requestId: randomUUID(),
  });

  async function makeAuthor(postCount: number): Promise<string> {
    const { user } = await users.createUser({ email: `${randomUUID()}@e2e.example`, name: 'Ada' });
    for (let n = 0; n < postCount; n += 1) await posts.createPost({ authorId: user!.id, title: `Post ${n}` });
    return user!.id;
  }

  const countPosts = async (authorId: string) => (await posts.countPosts({ filter: { authorId } })).count;

  it('creates a user with a post, which are there when it is answered, as answered', async () => {
    const request = makeRequest();
    const { user, post } = await users.createUserWithPost(request);
    expect(user).toMatchObject({ email: request.email, name: request.name, isActive: true });
    expect(post).toMatchObject({ authorId: user!.id, ...request.post, language: 'en' });
    expect((await users.getUser({ id: user!.id })).user).toEqual(user);
    const { post: read } = await posts.getPost({ id: post!.id });
    expect({ ...read, $typeName: post!.$typeName }).toEqual(post);
    expect(await users.createUserWithPost(request)).toMatchObject({ user, post });
  });

  it('answers both ports the same bytes, by gRPC and by the edge', async () => {
    const request = makeRequest();
    using grpc = createRawGrpcCaller(usersService.grpc);
    const edge = createRawEdgeCaller(usersService.edge);
    const answers = [grpc, edge, grpc].map(
      (caller) => () => caller.call(UserService.method.createUserWithPost, request),
    );
    const [first, ...again] = [await answers[0]!(), await answers[1]!(), await answers[2]!()];
    expect(again).toEqual([first, first]);
  });

  it('tells what posts finds wrong with the post as the fields of the request, and creates nothing', async () => {
    const request = { ...makeRequest(), post: { title: '\u200b' } };
    const refusal = await refusalOf(users.createUserWithPost(request));
    expect(refusal).toMatchObject({ code: 'InvalidArgument', reason: 'FIELD_INVALID', fields: ['post.title'] });
    expect(await refusalOf(users.getUserByEmail({ email: request.email }))).toMatchObject({ reason: 'USER_NOT_FOUND' });
    expect((await users.createUserWithPost({ ...request, post: { title: 'A' } })).user?.email).toBe(request.email);
  });

  it('refuses a taken e-mail', async () => {
    const request = makeRequest();
    await users.createUser({ email: request.email, name: 'First' });
    expect(await refusalOf(users.createUserWithPost(request))).toMatchObject({ reason: 'EMAIL_TAKEN' });
  });

  it('deletes a user with all posts, and nobody else’s', async () => {
    const [id, other] = [await makeAuthor(5), await makeAuthor(2)];
    const request = { id, requestId: randomUUID() };
    const reply = { postsDeleted: 5n, cascadeState: CascadeState.COMPLETED };
    expect(await users.deleteUser(request, { timeoutMs: 30_000 })).toMatchObject(reply);
    expect([await countPosts(id), await countPosts(other)]).toEqual([0n, 2n]);
    expect(await users.deleteUser(request)).toMatchObject(reply);
    const late = await refusalOf(posts.createPost({ authorId: id, title: 'Late' }));
    expect(late).toMatchObject({ reason: 'AUTHOR_NOT_FOUND' });
  });

  it('deletes the posts later where posts is away, and stands by its answer', async () => {
    const id = await makeAuthor(3);
    postsService.signal('SIGKILL');
    await postsService.exited;
    const request = { id, requestId: randomUUID() };
    const pending = { postsDeleted: 0n, cascadeState: CascadeState.PENDING };
    expect(await users.deleteUser(request)).toMatchObject(pending);
    const whole = await refusalOf(users.createUserWithPost(makeRequest()));
    expect(whole).toMatchObject({ code: 'Unavailable', reason: 'PEER_UNAVAILABLE', retry: true });
    owned.use(await startService('posts', postsEnv));
    await waitUntil(async () => (await countPosts(id).catch(() => 3n)) === 0n, patience);
    expect(await users.deleteUser(request)).toMatchObject(pending);
    const undone = `SELECT 1 FROM jobs.job WHERE state < 'completed'`;
    await waitUntil(async () => (await queryDatabase(usersEnv.USERS_DATABASE_URL!, undone)).length === 0, patience);
  });

  it('counts what is left to be done on /metrics', async () => {
    const text = await (await fetch(`${usersService.edge}/metrics`)).text();
    expect(text).toMatch(/^tandem_jobs\{queue="dead-letters",state="ready"\} 0$/m);
    expect(text).toMatch(/^tandem_job_runs_total\{queue="delete-author-posts",outcome="done"\} [1-9]/m);
  });
});
