import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { UsersClient } from '@tandem/contracts';

/** A user whose name tells how often it was written. */
export interface Subject {
  readonly id: string;
  /** The number of the latest write that was acknowledged. */
  acknowledged: number;
  /** The number of the latest write that was begun. */
  begun: number;
}

/** What was read: `seen` is older than what had been acknowledged when the read began. */
export interface StaleRead {
  readonly id: string;
  readonly acknowledged: number;
  readonly seen: number;
}

const retryMs = 20;

export async function createSubject(client: UsersClient): Promise<Subject> {
  const id = randomUUID();
  await client.createUser({ userId: id, email: `${id}@faults.example`, name: '0' });
  return { id, acknowledged: 0, begun: 0 };
}

/**
 * Writes a subject once more, and does not give up: an attempt that was not answered is made again at another service, under
 * the same request id.
 */
export async function write(subject: Subject, clients: readonly UsersClient[], isOver: () => boolean): Promise<void> {
  subject.begun += 1;
  const number = subject.begun;
  const requestId = randomUUID();
  const user = { id: subject.id, name: String(number) };
  for (let attempt = number; !isOver(); attempt += 1) {
    const client = clients[attempt % clients.length] as UsersClient;
    const answered = await client.updateUser({ user, requestId }, { timeoutMs: 5_000 }).then(
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

/** Reads a subject; undefined when the answer is not older than what was acknowledged before, or there was none. */
export async function readOnce(subject: Subject, client: UsersClient): Promise<StaleRead | 'unanswered' | undefined> {
  const { id, acknowledged } = subject;
  const name = await client.getUser({ id }, { timeoutMs: 5_000 }).then(
    ({ user }) => user?.name,
    () => undefined,
  );
  if (name === undefined) return 'unanswered';
  const seen = Number(name);
  return seen < acknowledged ? { id, acknowledged, seen } : undefined;
}
