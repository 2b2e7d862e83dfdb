import { randomInt, randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { toBinary } from '@bufbuild/protobuf';
import { CascadeState, type DeleteUserResponse, DeleteUserResponseSchema, OnDuplicate } from '@tandem/contracts/users';
import { waitUntil } from '@tandem/dev-stack';
import { describe, expect, it } from 'vitest';
import { importStream } from '../pair/import-stream.ts';
import { reconcile } from './flows/reconcile.ts';
import { useStores } from './flows/stores.ts';
import { type Breakpoint, strike } from './flows/strike.ts';
import { tryOnce, untilAnswered } from './flows/until-answered.ts';
import { useMortalPair } from './support/mortal-pair.ts';
import { scaled, scaledTimeoutMs } from './support/scale.ts';

const breakpoints: readonly Breakpoint[] = [
  ['users', 'deletion:begun'],
  ['users', 'deletion:posts-gone'],
  ['users', 'deletion:answered'],
  ['posts', 'posts:tombstone'],
  ['posts', 'posts:part-deleted'],
];
const rounds = scaled(1);
/** At each breakpoint; every third deletion is left at its first attempt. */
const victimsAtOnce = 6;
const survivors = scaled(20);
const postsEach = 10;
const postingLanes = 3;
/** So many posts and imports for each author are under way while the author is being deleted. */
const racingEach = 6;
/** Of a call: a job takes over a second after it. */
const timeoutMs = 8_000;
const patience = { timeoutMs: scaledTimeoutMs(120_000), pollMs: 500 };

describe('DeleteUser, whatever is killed and when', { timeout: scaledTimeoutMs(600_000) }, async () => {
  const pair = await useMortalPair();
  const { users, posts } = pair;
  const stores = useStores(pair);

  async function makePeople(count: number): Promise<string[]> {
    const ids = Array.from({ length: count }, () => randomUUID());
    const rows = ids.map((id) => ({ id, email: `${id}@faults.example`, name: 'Somebody' }));
    for (let at = 0; at < rows.length; at += 500) {
      await users.client.importUsers(importStream(OnDuplicate.ERROR, rows.slice(at, at + 500)));
    }
    return ids;
  }

  /** Posts that are there for sure, by id, and whose. */
  const acknowledged = new Map<string, string>();

  async function importPosts(authorIds: readonly string[]): Promise<void> {
    const rows = authorIds.map((authorId) => ({ id: randomUUID(), authorId, title: 'Imported' }));
    const { imported } = await posts.client.importPosts(importStream(OnDuplicate.ERROR, rows));
    if (imported === BigInt(rows.length)) for (const { id, authorId } of rows) acknowledged.set(id, authorId);
  }

  async function createPost(authorId: string): Promise<void> {
    const postId = randomUUID();
    await posts.client.createPost({ postId, authorId, title: 'Created' }, { timeoutMs });
    acknowledged.set(postId, authorId);
  }

  /** A post or an import; a refusal is as good as an answer. */
  async function post(author: string): Promise<void> {
    const work = randomInt(3) === 0 ? importPosts([author, author]) : createPost(author);
    await work.catch(() => pause(50));
  }

  /** For whomever, deleted or not, until it is told to stop. */
  async function keepPosting(authors: readonly string[], stop: AbortSignal): Promise<void> {
    while (!stop.aborted) await post(authors[randomInt(authors.length)] ?? '');
  }

  /** One that comes about when the author goes. */
  async function race(author: string): Promise<void> {
    await pause(randomInt(40));
    await post(author);
  }

  const answers = new Map<string, DeleteUserResponse>();

  const send = (id: string) => users.client.deleteUser({ id, requestId: id }, { timeoutMs });

  async function deleteAll(ids: readonly string[]): Promise<void> {
    await Promise.all(
      ids.map(async (id, n) => {
        const racing = Array.from({ length: racingEach }, () => race(id));
        await pause(randomInt(40));
        const answer = await (n % 3 === 2 ? tryOnce(() => send(id)) : untilAnswered(() => send(id)));
        if (answer !== undefined) answers.set(id, answer);
        await Promise.all(racing);
      }),
    );
  }

  it('leaves no post without its author, and loses none of who stays', async () => {
    const lasting = await makePeople(survivors);
    const victims = await makePeople(victimsAtOnce * (breakpoints.length * rounds + 2));
    const everybody = [...lasting, ...victims];
    for (let n = 0; n < postsEach; n += 1) await importPosts(everybody);
    const stop = new AbortController();
    const posting = Array.from({ length: postingLanes }, () => keepPosting(everybody, stop.signal));

    const queue = [...victims];
    await deleteAll(queue.splice(0, victimsAtOnce));
    for (let round = 0; round < rounds; round += 1) {
      await strike(pair, breakpoints, () => deleteAll(queue.splice(0, victimsAtOnce)));
    }
    const late = queue.splice(0);
    await posts.kill();
    await deleteAll(late);
    for (const id of late) expect(answers.get(id)?.cascadeState ?? CascadeState.PENDING).toBe(CascadeState.PENDING);
    await posts.restart();
    stop.abort();
    await Promise.all(posting);
    await waitUntil(async () => (await stores.countJobs()) === 0, patience);

    expect(await reconcile(pair)).toEqual(['nothing found']);
    const [people, authors] = [await stores.readUsers(), await stores.readAuthors()];
    const orphans = [...authors].filter(([, author]) => !people.has(author));
    expect(orphans).toEqual([]);
    const lost = [...acknowledged].filter(([id, author]) => people.has(author) && authors.get(id) !== author);
    expect(lost).toEqual([]);
    for (const [id, answer] of answers) {
      expect(people.has(id), id).toBe(false);
      expect(hex(await untilAnswered(() => send(id))), id).toBe(hex(answer));
    }
    const completed = [...answers.values()].filter(({ cascadeState }) => cascadeState === CascadeState.COMPLETED);
    console.log('delete cascade:', {
      deleted: everybody.length - people.size,
      answered: answers.size,
      completed: completed.length,
      posts: acknowledged.size,
    });
    expect(completed.length).toBeGreaterThan(0);
    expect(lasting.filter((id) => !people.has(id))).toEqual([]);
  });
});

function hex(reply: DeleteUserResponse): string {
  return Buffer.from(toBinary(DeleteUserResponseSchema, reply)).toString('hex');
}
