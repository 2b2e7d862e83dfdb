import { randomUUID } from 'node:crypto';
import { create, fromBinary, type MessageInitShape } from '@bufbuild/protobuf';
import { CascadeState, DeleteUserRequestSchema, DeleteUserResponseSchema } from '@tandem/contracts/users';
import { AnswerRecorded, type Call, EncodedReply, TandemError } from '@tandem/rpc';
import { makeCall, makeClaim } from '@tandem/rpc/testing';
import { describe, expect, it } from 'vitest';
import { queryDatabase } from '../../../../test/support/query-database.ts';
import { useUsersDatabase } from '../../../../test/support/use-users-database.ts';
import { deleteAuthorPosts, endDeletion } from '../jobs/end-deletion.ts';
import type { JobData } from '../store/job-store.ts';
import { createPostgresUserStore } from '../store/postgres-user-store.ts';
import { insertUser } from '../store/testing/store-calls.ts';
import { usePool } from '../store/testing/use-postgres.ts';
import { deleteUser } from './delete-user.ts';
import { refusalOf } from './testing/call-handler.ts';
import { createPostsStub } from './testing/posts-stub.ts';

const url = await useUsersDatabase();
const store = createPostgresUserStore(usePool(url));
const away = new TandemError('PEER_UNAVAILABLE', 'The posts service is away.');

function useDeletion() {
  const posts = createPostsStub();
  const end = endDeletion({ store, posts });
  const remove = (init: MessageInitShape<typeof DeleteUserRequestSchema>, call: Call = makeCall()) =>
    deleteUser({ store, endDeletion: end })(create(DeleteUserRequestSchema, init), call).then(read, replay);
  const runJob = async (id: string) => {
    const [job] = await findJobs(id);
    await deleteAuthorPosts({ store, posts })(job!.data, makeCall());
  };
  return { posts, remove, runJob };
}

function read(reply: object) {
  if (!(reply instanceof EncodedReply)) throw new Error('DeleteUser answered no stored bytes.');
  return fromBinary(DeleteUserResponseSchema, reply.bytes);
}

function replay(error: unknown) {
  if (!(error instanceof AnswerRecorded)) throw error;
  return fromBinary(DeleteUserResponseSchema, error.answer.bytes);
}

const findJobs = (id: string) =>
  queryDatabase<{ state: string; data: JobData['delete-author-posts']; rests: boolean }>(
    url,
    'SELECT state::text, data, start_after > now() AS rests FROM jobs.job WHERE id = $1',
    [id],
  );

const callWith = (claim = makeClaim()) => makeCall({ claim });
const completed = (postsDeleted: bigint) => ({ postsDeleted, cascadeState: CascadeState.COMPLETED });
const pending = (postsDeleted: bigint) => ({ postsDeleted, cascadeState: CascadeState.PENDING });

describe('DeleteUser', () => {
  it('deletes the user, the sessions and the posts, and leaves nothing to be done', async () => {
    const { posts, remove } = useDeletion();
    const { id } = await insertUser(store);
    const session = `INSERT INTO sessions (id, user_id, token_hash, expire_time)
      VALUES ($1, $2, sha256($3), now() + interval '1 hour')`;
    await queryDatabase(url, session, [randomUUID(), id, id]);
    posts.answer({ deleted: 200n, done: false }, { deleted: 250n, done: true });
    expect(await remove({ id })).toMatchObject(completed(250n));
    expect(posts.asked).toEqual([`delete ${id}`, `delete ${id}`]);
    expect(await store.reader.get(id, makeCall())).toBeUndefined();
    expect(await queryDatabase(url, 'SELECT 1 FROM sessions WHERE user_id = $1', [id])).toEqual([]);
    expect(await findJobs(id)).toMatchObject([{ state: 'completed' }]);
    expect(await refusalOf(remove({ id }))).toMatchObject({ reason: 'USER_NOT_FOUND' });
  });

  it('goes by the current etag only', async () => {
    const { posts, remove } = useDeletion();
    const { id } = await insertUser(store);
    expect(await refusalOf(remove({ id, etag: '2' }))).toMatchObject({ reason: 'ETAG_MISMATCH' });
    expect([await findJobs(id), posts.asked]).toEqual([[], []]);
    expect(await remove({ id, etag: '1' })).toMatchObject(completed(0n));
  });

  it('says that the posts will be deleted where they cannot be now, and has the job do it at once', async () => {
    const { posts, remove, runJob } = useDeletion();
    const { id } = await insertUser(store);
    posts.answer({ deleted: 200n, done: false }, away);
    expect(await remove({ id })).toMatchObject(pending(200n));
    expect(await findJobs(id)).toMatchObject([{ state: 'created', rests: false }]);
    await runJob(id);
    expect(posts.asked).toHaveLength(3);
    expect(await findJobs(id)).toMatchObject([{ state: 'completed' }]);
  });

  it('stays at PENDING for its request_id, though the job has finished since', async () => {
    const { posts, remove, runJob } = useDeletion();
    const { id } = await insertUser(store);
    const call = callWith();
    posts.answer(away);
    const first = await remove({ id }, call);
    await runJob(id);
    expect(first).toMatchObject(pending(0n));
    expect(await remove({ id }, call)).toEqual(first);
    expect(posts.asked).toHaveLength(2);
  });

  it('leaves time to answer when posts takes all it is given', async () => {
    const { posts, remove } = useDeletion();
    const { id } = await insertUser(store);
    const asked = Promise.withResolvers<number>();
    posts.deleteAll = async (_, { deadline }) => {
      asked.resolve(deadline);
      throw away;
    };
    const call = makeCall({ deadline: Date.now() + 5_000 });
    expect(await remove({ id }, call)).toMatchObject(pending(0n));
    expect(call.deadline - (await asked.promise)).toBeGreaterThanOrEqual(499);
  });
});

describe('a DeleteUser that was cut off after its first transaction', () => {
  async function cutOff() {
    const { id } = await insertUser(store);
    const call = callWith();
    const endDeletion = async () => {
      throw new Error('The service was killed.');
    };
    const request = create(DeleteUserRequestSchema, { id });
    await expect(deleteUser({ store, endDeletion })(request, call)).rejects.toThrow('killed');
    return { id, call };
  }

  it('has no answer, and a job that waits until its time is over', async () => {
    const { id, call } = await cutOff();
    await expect(store.records.find(call.claim!, call)).rejects.toMatchObject({ reason: 'REQUEST_IN_PROGRESS' });
    expect(await findJobs(id)).toMatchObject([{ state: 'created', rests: true }]);
  });

  it('is ended and answered by a duplicate', async () => {
    const { posts, remove } = useDeletion();
    const { id, call } = await cutOff();
    posts.answer({ deleted: 3n, done: true });
    expect(await remove({ id }, call)).toMatchObject(completed(3n));
    expect(await findJobs(id)).toMatchObject([{ state: 'completed' }]);
    expect(await remove({ id }, call)).toMatchObject(completed(3n));
    expect(posts.asked).toEqual([`delete ${id}`]);
  });

  it('is ended and answered by its job', async () => {
    const { posts, remove, runJob } = useDeletion();
    const { id, call } = await cutOff();
    posts.answer({ deleted: 3n, done: true });
    await runJob(id);
    expect(await remove({ id }, call)).toMatchObject(completed(3n));
    expect(posts.asked).toEqual([`delete ${id}`]);
  });

  it('has one answer, whoever races to give it', async () => {
    const { posts, remove } = useDeletion();
    const { id, call } = await cutOff();
    posts.answer(away, { deleted: 3n, done: true }, away, { deleted: 3n, done: true });
    const answers = await Promise.all([remove({ id }, call), remove({ id }, call), remove({ id }, call)]);
    await useDeletion().runJob(id);
    answers.push(await remove({ id }, call));
    expect(new Set(answers.map(({ cascadeState }) => cascadeState)).size).toBe(1);
  });

  it('is refused to another payload', async () => {
    const { remove } = useDeletion();
    const { id, call } = await cutOff();
    const claim = makeClaim({ requestId: call.claim!.requestId, payload: 'other' });
    expect(await refusalOf(remove({ id, etag: '7' }, callWith(claim)))).toMatchObject({ reason: 'REQUEST_ID_REUSED' });
  });
});
