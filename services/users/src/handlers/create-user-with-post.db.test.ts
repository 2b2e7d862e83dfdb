import { randomUUID } from 'node:crypto';
import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { CreateUserWithPostRequestSchema, CreateUserWithPostResponseSchema } from '@tandem/contracts/users';
import { holdsWithin } from '@tandem/dev-stack';
import { AnswerRecorded, type Call, EncodedReply, fieldInvalid, TandemError } from '@tandem/rpc';
import { makeCall, makeClaim, reasonOf } from '@tandem/rpc/testing';
import { describe, expect, it } from 'vitest';
import { queryDatabase } from '../../../../test/support/query-database.ts';
import { useUsersDatabase } from '../../../../test/support/use-users-database.ts';
import { settleUserWithPost } from '../jobs/settle-user-with-post.ts';
import { createArgon2Hasher } from '../passwords/argon2-hasher.ts';
import { createPostgresUserStore } from '../store/postgres-user-store.ts';
import type { UsersTransaction } from '../store/store.ts';
import { insertUser, makeNewUser } from '../store/testing/store-calls.ts';
import { usePool } from '../store/testing/use-postgres.ts';
import { createUserWithPost } from './create-user-with-post.ts';
import { createPostsStub } from './testing/posts-stub.ts';

const url = await useUsersDatabase();
const store = createPostgresUserStore(usePool(url));
const passwords = createArgon2Hasher();
const away = new TandemError('PEER_UNAVAILABLE', 'The posts service is away.');
const killed = new Error('The service was killed.');

type Init = Exclude<MessageInitShape<typeof CreateUserWithPostRequestSchema>, { $typeName: string }>;

function useCreation() {
  const posts = createPostsStub();
  const settle = settleUserWithPost({ store, posts });
  const handle = createUserWithPost({ store, records: store.records, passwords, posts, settle });
  const email = `${randomUUID()}@Example.org`;
  const init = { email, name: 'Cecilia', post: { title: 'Stars', content: 'hydrogen', tags: ['a'], published: true } };
  return {
    posts,
    email,
    settle: (id: string) => settle(id, makeCall()),
    createBoth: (call: Call = callWith(), fields: Init = {}) =>
      handle(create(CreateUserWithPostRequestSchema, { ...init, ...fields }), call).then(read, replay),
    /** As when the service is killed before the attempt is ended. */
    cutOff: async (call: Call = callWith(), dependencies: { posts?: typeof posts } = {}) => {
      const cut = async () => {
        throw killed;
      };
      const parts = { store, records: store.records, passwords, posts, ...dependencies, settle: cut };
      const request = create(CreateUserWithPostRequestSchema, init);
      await createUserWithPost(parts)(request, call).catch(() => {});
      return (await findPending(email))[0]!;
    },
  };
}

function read(reply: object) {
  if (!(reply instanceof EncodedReply)) throw new Error('CreateUserWithPost answered no stored bytes.');
  return fromBinary(CreateUserWithPostResponseSchema, reply.bytes);
}

function replay(error: unknown) {
  if (!(error instanceof AnswerRecorded)) throw error;
  return fromBinary(CreateUserWithPostResponseSchema, error.answer.bytes);
}

const callWith = () => {
  const encodeReply = (reply: object) =>
    toBinary(CreateUserWithPostResponseSchema, create(CreateUserWithPostResponseSchema, reply));
  return makeCall({ claim: { ...makeClaim(), encodeReply } });
};
const findPending = (email: string) =>
  queryDatabase<{ id: string; state: string; post_id: string }>(
    url,
    'SELECT id, state, post_id FROM pending_users WHERE email_lower = lower($1)',
    [email],
  );
const findJobs = (id: string) =>
  queryDatabase<{ state: string; rests: boolean }>(
    url,
    'SELECT state::text, start_after > now() AS rests FROM jobs.job WHERE id = $1',
    [id],
  );
const getByEmail = (email: string) => store.reader.getByEmail(email, makeCall());

/** Nothing of an attempt that failed is left, and the same call may be made again. */
async function expectNothingLeft(email: string, call: Call): Promise<void> {
  expect([await getByEmail(email), await findPending(email)]).toEqual([undefined, []]);
  expect(await store.records.find(call.claim!, call)).toBeUndefined();
}

describe('CreateUserWithPost', () => {
  it('answers both, which are there, and leaves nothing to be done', async () => {
    const { createBoth, posts, email } = useCreation();
    const { user, post } = await createBoth(callWith(), { password: 'hydrogen and helium' });
    expect(user).toMatchObject({ email, name: 'Cecilia', isActive: true, etag: '1' });
    expect(post).toMatchObject({
      authorId: user!.id,
      title: 'Stars',
      content: 'hydrogen',
      tags: ['a'],
      published: true,
    });
    expect(posts.asked).toEqual([`reserve ${post!.id}`, `confirm ${post!.id}`]);
    expect((await getByEmail(email))?.id).toBe(user!.id);
    const { hash } = (await store.reader.getPassword(user!.id, makeCall()))!;
    expect(await passwords.verify(hash!, 'hydrogen and helium', makeCall().signal)).toBe(true);
    expect([await findPending(email), await findJobs(user!.id)]).toMatchObject([[], [{ state: 'completed' }]]);
  });

  it('answers the first answer again', async () => {
    const { createBoth, posts } = useCreation();
    const call = callWith();
    const first = await createBoth(call);
    expect(await createBoth(call)).toEqual(first);
    expect(posts.asked).toHaveLength(2);
  });

  it('refuses a taken e-mail before posts hears of anything', async () => {
    const { createBoth, posts } = useCreation();
    const { email } = await insertUser(store);
    expect(await reasonOf(createBoth(callWith(), { email: email.toUpperCase() }))).toBe('EMAIL_TAKEN');
    expect(posts.asked).toEqual([]);
  });

  it('changes nothing where the request is not valid, for us or for posts', async () => {
    const { createBoth, posts, email } = useCreation();
    const call = callWith();
    expect(await reasonOf(createBoth(call, { name: '\u200b' }))).toBe('FIELD_INVALID');
    expect(await reasonOf(createBoth(call, { password: 'short' }))).toBe('FIELD_INVALID');
    posts.fail('reserve', fieldInvalid('post.title', 'needs at least one visible character'));
    expect(await reasonOf(createBoth(call))).toBe('FIELD_INVALID');
    await expectNothingLeft(email, call);
    expect((await createBoth(call)).user?.email).toBe(email);
  });

  it('leaves nothing where posts cannot be asked, and the same call may be made again', async () => {
    const { createBoth, posts, email } = useCreation();
    const call = callWith();
    posts.fail('reserve', away);
    expect(await reasonOf(createBoth(call))).toBe('PEER_UNAVAILABLE');
    expect(posts.asked.map((one) => one.split(' ')[0])).toEqual(['reserve', 'cancel']);
    await expectNothingLeft(email, call);
    const { post } = await createBoth(call);
    expect(posts.asked[0]).not.toContain(post!.id);
  });

  it('has the job tell posts of a cancelled attempt where the call could not', async () => {
    const { createBoth, posts, email, settle } = useCreation();
    posts.fail('reserve', away);
    posts.fail('cancel', away);
    expect(await reasonOf(createBoth())).toBe('PEER_UNAVAILABLE');
    const [pending] = await findPending(email);
    expect(pending?.state).toBe('cancelled');
    expect(await findJobs(pending!.id)).toMatchObject([{ state: 'created', rests: true }]);
    await settle(pending!.id);
    expect(posts.asked.at(-1)).toBe(`cancel ${pending!.post_id}`);
    expect([await findPending(email), await findJobs(pending!.id)]).toMatchObject([[], [{ state: 'completed' }]]);
  });

  it('is unknown, and no failure, once the user is there and the post is not confirmed', async () => {
    const { createBoth, posts, email, settle } = useCreation();
    const call = callWith();
    posts.fail('confirm', away);
    expect(await reasonOf(createBoth(call))).toBe('OUTCOME_UNKNOWN');
    const { id } = (await getByEmail(email))!;
    expect(await reasonOf(createBoth(call))).toBe('REQUEST_IN_PROGRESS');
    await settle(id);
    expect((await createBoth(call)).user?.id).toBe(id);
  });
});

describe('a CreateUserWithPost that is under way', () => {
  it('is seen by no read, and holds its e-mail and its id', async () => {
    const { createBoth, posts, email } = useCreation();
    const seen: unknown[] = [];
    posts.during('reserve', async () => {
      const [{ id }] = (await findPending(email)) as unknown as [{ id: string }];
      seen.push(await getByEmail(email), await store.reader.get(id, makeCall()));
      seen.push(await store.reader.count({ namePrefix: 'Cecilia' }, makeCall()));
      const taken = [{ email: email.toLowerCase() }, { id }];
      for (const fields of taken) seen.push(await reasonOf(insertUser(store, fields)));
      seen.push(await reasonOf(useCreation().createBoth(callWith(), { email })));
      seen.push(await reasonOf(renameSomebody(email.toUpperCase())));
      seen.push(await reasonOf(importOne({ email })), await reasonOf(importOne({ id })));
    });
    const before = await store.reader.count({ namePrefix: 'Cecilia' }, makeCall());
    await createBoth();
    const held = Array.from({ length: 6 }, () => 'REQUEST_IN_PROGRESS');
    expect(seen).toEqual([undefined, undefined, before, ...held]);
    expect(await reasonOf(insertUser(store, { email }))).toBe('EMAIL_TAKEN');
  });

  async function renameSomebody(email: string) {
    const { id } = await insertUser(store);
    return store.transaction(makeCall(), async (tx) => tx.users.update((await tx.users.lock(id))!, { email }));
  }

  function importOne(fields: { email?: string; id?: string }) {
    const blank = { id: undefined, isActive: undefined, passwordHash: undefined, createTime: undefined, name: 'Row' };
    const row = { ...blank, email: `${randomUUID()}@example.org`, ...fields };
    return store.transaction(makeCall(), (tx) => tx.users.importRows([row], 'skip'));
  }

  /** Runs `work` in a transaction that commits only once another statement waits for it. */
  async function holdOpen(work: (tx: UsersTransaction) => Promise<unknown>, other: () => Promise<unknown>) {
    const begun = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    const held = store.transaction(makeCall(), async (tx) => {
      await work(tx);
      begun.resolve();
      await release.promise;
      return {};
    });
    await begun.promise;
    const outcome = reasonOf(other());
    const waiting = `SELECT 1 FROM pg_stat_activity
      WHERE datname = current_database() AND wait_event_type = 'Lock' AND wait_event = 'transactionid'`;
    const isHeldUp = await holdsWithin(async () => (await queryDatabase(url, waiting)).length > 0, {
      timeoutMs: 1_500,
    });
    release.resolve();
    await held;
    return { isHeldUp, outcome: await outcome };
  }

  it('waits for another who is just taking its e-mail', async () => {
    const { createBoth, email } = useCreation();
    const taken = await holdOpen((tx) => tx.users.insert(makeNewUser({ email })), createBoth);
    expect(taken).toEqual({ isHeldUp: true, outcome: 'EMAIL_TAKEN' });
  });

  it('makes another wait while it is just taking its e-mail', async () => {
    const { email } = useCreation();
    const answerTo = { caller: 'suite', method: 'suite.Suite/Write', requestId: randomUUID() };
    const attempt = { postId: randomUUID(), answerTo };
    const begin = (tx: UsersTransaction) => tx.pendingUsers.begin(makeNewUser({ email }), attempt);
    const taken = await holdOpen(begin, () => insertUser(store, { email }));
    expect(taken).toEqual({ isHeldUp: true, outcome: 'REQUEST_IN_PROGRESS' });
  });

  it('gives its e-mail back once it is cancelled', async () => {
    const { cutOff, email, settle } = useCreation();
    const posts = Object.assign(createPostsStub(), { reserve: () => Promise.reject(away) });
    const { id } = await cutOff(callWith(), { posts });
    expect(await reasonOf(insertUser(store, { email }))).toBe('REQUEST_IN_PROGRESS');
    await settle(id);
    expect((await insertUser(store, { email })).email).toBe(email);
  });
});

describe('a CreateUserWithPost that was cut off', () => {
  it('before the user was activated, is undone by its job, and the same call may be made again', async () => {
    const { cutOff, createBoth, email, settle, posts } = useCreation();
    const call = callWith();
    const down = Object.assign(createPostsStub(), { reserve: () => Promise.reject(away) });
    const { id, state, post_id } = await cutOff(call, { posts: down });
    expect(state).toBe('pending');
    expect(await reasonOf(createBoth(call))).toBe('REQUEST_IN_PROGRESS');
    expect(await findJobs(id)).toMatchObject([{ state: 'created', rests: true }]);
    await settle(id);
    expect(posts.asked).toEqual([`cancel ${post_id}`]);
    await expectNothingLeft(email, call);
    expect((await createBoth(call)).user?.id).not.toBe(id);
  });

  it('after the user was activated, is brought to its end and answered by its job', async () => {
    const { cutOff, createBoth, email, settle, posts } = useCreation();
    const call = callWith();
    const { id, state, post_id } = await cutOff(call);
    expect(state).toBe('activated');
    expect((await getByEmail(email))?.id).toBe(id);
    expect(await reasonOf(createBoth(call))).toBe('REQUEST_IN_PROGRESS');
    await settle(id);
    expect(posts.asked).toEqual([`reserve ${post_id}`, `confirm ${post_id}`]);
    expect(await createBoth(call)).toMatchObject({ user: { id }, post: { id: post_id } });
    expect([await findPending(email), await findJobs(id)]).toMatchObject([[], [{ state: 'completed' }]]);
  });

  it('is decided once, whoever races', async () => {
    for (let round = 0; round < 10; round += 1) {
      const { createBoth, email, posts, settle } = useCreation();
      posts.during('reserve', async () => {
        const [{ id }] = (await findPending(email)) as unknown as [{ id: string }];
        // The job that comes too early, while the call activates.
        void Promise.all([settle(id), settle(id)]).catch(() => {});
      });
      const outcome = await createBoth().then(
        () => 'made',
        (error) => (error as TandemError).reason,
      );
      const told = new Set(posts.asked.slice(1).map((one) => one.split(' ')[0]));
      expect([outcome, ...told]).toEqual(outcome === 'made' ? ['made', 'confirm'] : ['DEADLINE_EXCEEDED', 'cancel']);
      expect((await getByEmail(email)) !== undefined).toBe(outcome === 'made');
    }
  });
});
