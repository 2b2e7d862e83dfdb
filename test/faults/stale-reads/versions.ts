import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';

/** An entity that tells how often it was written. */
export interface Subject {
  readonly id: string;
  /** The number of the latest write that was acknowledged. */
  acknowledged: number;
  /** The number of the latest write that was begun. */
  begun: number;
}

/** One write, which may be attempted more than once: with the same request id, at any of the service's processes. */
export interface Write {
  readonly number: number;
  readonly requestId: string;
}

/** How the entities of a service are written and read. */
export interface Operations<Client, S extends Subject> {
  /** Makes one, whose number is 0. */
  create(client: Client): Promise<S>;
  /** Decides on the next write, and gives what attempts it: that rejects when it was not answered. */
  plan(subject: S, write: Write): (client: Client) => Promise<unknown>;
  /** As `plan`, of a write that only changes it. */
  change(subject: S, write: Write): (client: Client) => Promise<unknown>;
  /** The number that it tells; rejects when there was no answer. */
  read(subject: S, client: Client): Promise<number>;
  /** The number of each, by one call. */
  readMany(subjects: readonly S[], client: Client): Promise<number[]>;
}

/** What was read: `seen` is older than what had been acknowledged when the read began. */
export interface StaleRead {
  readonly id: string;
  readonly acknowledged: number;
  readonly seen: number;
}

const retryMs = 20;

/**
 * Writes a subject once more, and does not give up: an attempt that was not answered is made again at another process, under
 * the same request id.
 */
export async function write<Client, S extends Subject>(
  operations: Operations<Client, S>,
  subject: S,
  { clients, isOver }: { readonly clients: readonly Client[]; readonly isOver: () => boolean },
): Promise<void> {
  subject.begun += 1;
  const number = subject.begun;
  const attempt = operations.plan(subject, { number, requestId: randomUUID() });
  for (let turn = number; !isOver(); turn += 1) {
    const answered = await attempt(clients[turn % clients.length] as Client).then(
      () => true,
      () => false,
    );
    if (answered) {
      subject.acknowledged = number;
      return;
    }
    await pause(retryMs);
  }
}

/** Reads one subject, or some by one call; those whose answer is older than what was acknowledged before. */
export async function readOnce<Client, S extends Subject>(
  operations: Operations<Client, S>,
  [first, ...others]: readonly [S, ...S[]],
  client: Client,
): Promise<StaleRead[] | 'unanswered'> {
  const before = [first, ...others].map(({ id, acknowledged }) => ({ id, acknowledged }));
  try {
    const numbers =
      others.length === 0
        ? [await operations.read(first, client)]
        : await operations.readMany([first, ...others], client);
    const read = before.map((one, n) => ({ ...one, seen: numbers[n] ?? Number.NEGATIVE_INFINITY }));
    return read.filter(({ seen, acknowledged }) => seen < acknowledged);
  } catch {
    return 'unanswered';
  }
}
