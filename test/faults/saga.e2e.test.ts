import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { CreateUserWithPostResponse } from '@tandem/contracts/users';
import { waitUntil } from '@tandem/dev-stack';
import { describe, expect, it } from 'vitest';
import { reconcile } from './flows/reconcile.ts';
import { useStores } from './flows/stores.ts';
import { type Breakpoint, strike } from './flows/strike.ts';
import { tryOnce, untilAnswered } from './flows/until-answered.ts';
import { useMortalPair } from './support/mortal-pair.ts';
import { isLongForm, scaled, scaledTimeoutMs } from './support/scale.ts';

const breakpoints: readonly Breakpoint[] = [
  ['users', 'creation:begun'],
  ['users', 'creation:reserved'],
  ['users', 'creation:activated'],
  ['users', 'creation:decided'],
  ['users', 'creation:told'],
  ['users', 'creation:closed'],
  ['posts', 'posts:reserved'],
  ['posts', 'posts:confirmed'],
];
const rounds = scaled(1);
/** At each breakpoint, a thousand in three rounds; every third call is left at its first attempt. */
const callsAtOnce = isLongForm ? 42 : 6;
/** Of a call: its job takes over a second after it. */
const timeoutMs = 8_000;
const patience = { timeoutMs: scaledTimeoutMs(120_000), pollMs: 500 };

interface Creation {
  readonly email: string;
  readonly requestId: string;
}

describe('CreateUserWithPost, whatever is killed and when', { timeout: scaledTimeoutMs(600_000) }, async () => {
  const pair = await useMortalPair();
  const { users, posts } = pair;
  const stores = useStores(pair);
  const answers = new Map<Creation, CreateUserWithPostResponse>();
  /** E-mails of all users that were ever seen. */
  const seen = new Set<string>();
  let polls = 0;

  const send = ({ email, requestId }: Creation) =>
    users.client.createUserWithPost({ email, name: 'Somebody', post: { title: email }, requestId }, { timeoutMs });

  async function createAll(creations: readonly Creation[]): Promise<void> {
    await Promise.all(
      creations.map(async (creation, n) => {
        const answer = await (n % 3 === 2 ? tryOnce(() => send(creation)) : untilAnswered(() => send(creation)));
        if (answer !== undefined) answers.set(creation, answer);
      }),
    );
  }

  /** Posts first, then users: an author who came between the two is none that a post was without. */
  async function poll(): Promise<void> {
    const [authors, people] = [await stores.readAuthors(), await stores.readUsers()];
    for (const [post, author] of authors) {
      if (!people.has(author)) throw new Error(`Post ${post} was seen without its author.`);
    }
    for (const email of people.values()) seen.add(email);
    polls += 1;
  }

  async function keepPolling(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      await poll();
      await pause(50);
    }
  }

  function makeCreations(): Creation[] {
    return Array.from({ length: callsAtOnce }, () => ({
      email: `${randomUUID()}@faults.example`,
      requestId: randomUUID(),
    }));
  }

  it('makes both or neither, and nothing of a failed call is ever seen', async () => {
    const stop = new AbortController();
    const polling = keepPolling(stop.signal);
    const strikes = async () => {
      for (let round = 0; round < rounds; round += 1) {
        await strike(pair, breakpoints, () => createAll(makeCreations()));
      }
      await posts.kill();
      const refused = makeCreations().map((creation) => tryOnce(() => send(creation)));
      expect(await Promise.all(refused)).toEqual(refused.map(() => undefined));
      await posts.restart();
      await waitUntil(async () => (await stores.countJobs()) === 0, patience);
    };
    // A poll that fails ends the test at once.
    await Promise.race([strikes(), polling]);
    stop.abort();
    await polling;
    await poll();

    expect(await reconcile(pair)).toEqual(['nothing found']);
    const [people, authors] = [await stores.readUsers(), await stores.readAuthors()];
    expect([...seen].sort()).toEqual([...people.values()].sort());
    expect([...authors.values()].sort()).toEqual([...people.keys()].sort());
    expect([await stores.countPending(), await stores.countReserved()]).toEqual([0, 0]);
    for (const [creation, { user, post }] of answers) {
      expect(people.get(user!.id)).toBe(creation.email);
      expect(authors.get(post!.id)).toBe(user!.id);
      expect(await untilAnswered(() => send(creation))).toMatchObject({ user, post });
    }
    console.log('saga:', { there: people.size, answered: answers.size, polls });
    expect(answers.size).toBeGreaterThanOrEqual(breakpoints.length * rounds * 4);
  });
});
