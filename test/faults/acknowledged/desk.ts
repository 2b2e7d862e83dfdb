import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { untilAnswered } from '../flows/until-answered.ts';
import type { MortalPair } from '../support/mortal-pair.ts';

/** What a service was told to keep: made once, then written over so many times, each time with the number of the time. */
export interface Entry {
  /** Of no other entry. */
  readonly name: string;
  /** Writes that were acknowledged after that which made it. */
  updates: number;
}

/** How entries are written at one of the services. */
export interface Writer {
  /** @returns its id */
  create(name: string, requestId: string): Promise<string>;
  update(id: string, text: string, requestId: string): Promise<unknown>;
}

/** Where entries are handed in, and each write is sent until it is answered. */
export interface Desk {
  /** Those of which at least the first write was acknowledged. */
  readonly entries: readonly Entry[];
  /** When the latest write began that was answered, in milliseconds of `performance.now()`. */
  readonly latestAnsweredMs: number;
  /** Writes one entry after another until it is told to stop. */
  work(stop: AbortSignal): Promise<void>;
}

const updatesEach = 3;
/** Of a call. */
const timeoutMs = 5_000;
/** Between two writes, so that a machine with two cores has time for the faults. */
const restMs = 5;

export function openDesk({ create, update }: Writer): Desk {
  const entries: Entry[] = [];
  let latestAnsweredMs = 0;

  /** Under one request id, however often it is sent. */
  async function acknowledge<Reply>(send: (requestId: string) => Promise<Reply>): Promise<Reply> {
    const requestId = randomUUID();
    const reply = await untilAnswered(async () => {
      const begunMs = performance.now();
      const answer = await send(requestId);
      latestAnsweredMs = Math.max(latestAnsweredMs, begunMs);
      return answer;
    });
    await pause(restMs);
    return reply;
  }

  async function writeEntry(): Promise<void> {
    const entry = { name: randomUUID(), updates: 0 };
    const id = await acknowledge((requestId) => create(entry.name, requestId));
    entries.push(entry);
    while (entry.updates < updatesEach) {
      const number = entry.updates + 1;
      await acknowledge((requestId) => update(id, String(number), requestId));
      entry.updates = number;
    }
  }

  return {
    entries,
    get latestAnsweredMs() {
      return latestAnsweredMs;
    },
    async work(stop) {
      while (!stop.aborted) await writeEntry();
    },
  };
}

/** The e-mail is the entry's name, the name what is written over. */
export function writeUsers({ users }: MortalPair): Writer {
  return {
    async create(name, requestId) {
      const { user } = await users.client.createUser({ email: toEmail(name), name: '0', requestId }, { timeoutMs });
      return user?.id ?? '';
    },
    update: (id, name, requestId) => users.client.updateUser({ user: { id, name }, requestId }, { timeoutMs }),
  };
}

/** The title is the entry's name, the content what is written over. */
/** @param authorIds several: posts of one author are written one after another */
export function writePosts({ posts }: MortalPair, authorIds: readonly string[]): Writer {
  return {
    async create(title, requestId) {
      // The same each time that it is sent.
      const authorId = authorIds[Number.parseInt(requestId.slice(0, 8), 16) % authorIds.length] ?? '';
      const { post } = await posts.client.createPost({ authorId, title, content: '0', requestId }, { timeoutMs });
      return post?.id ?? '';
    },
    update: (id, content, requestId) => posts.client.updatePost({ post: { id, content }, requestId }, { timeoutMs }),
  };
}

export function toEmail(name: string): string {
  return `${name}@faults.example`;
}
