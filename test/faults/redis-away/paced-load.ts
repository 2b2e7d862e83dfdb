import { setTimeout as pause } from 'node:timers/promises';
import type { UsersClient } from '@tandem/contracts';
import { userOperations } from '../stale-reads/users.ts';
import { readOnce, type Subject, write } from '../stale-reads/versions.ts';
import { type ObservedCall, observeCalls } from './observe-calls.ts';

/** A user, and the token of a session of that user's. */
export interface Member extends Subject {
  readonly token: string;
}

/** Reads, validations and writes at a pace that leaves the machine idle half the time, until it is told to end. */
export interface PacedLoad {
  /** Rejects when a lane fails. */
  readonly running: Promise<unknown>;
  /** Those that are over. */
  readonly calls: readonly ObservedCall[];
  /** What was read that was older than a write that had been answered before. */
  readonly stale: readonly string[];
  end(): Promise<void>;
}

const lanes = { read: 8, validate: 4, write: 4 };
const restMs = 25;
const timeoutMs = 5_000;

/** @param clients each lane goes from one to the next */
export function startPacedLoad(members: readonly Member[], clients: readonly UsersClient[]): PacedLoad {
  const calls: ObservedCall[] = [];
  const stale: string[] = [];
  const observed = clients.map((client) => observeCalls(client, (call) => calls.push(call)));
  let isOver = false;

  /** The `n`th call of a lane, at one of its own members. */
  type Work = (member: Member, client: UsersClient) => Promise<void>;
  async function runLane(work: Work, own: readonly Member[]): Promise<void> {
    for (let n = 0; !isOver; n += 1) {
      const [member, client] = [own[n % own.length], observed[n % observed.length]];
      if (member === undefined || client === undefined) throw new Error('A lane needs members and clients.');
      await work(member, client);
      await pause(restMs);
    }
  }

  const works: Record<keyof typeof lanes, Work> = {
    async read(member, client) {
      const read = await readOnce(userOperations, [member], client);
      if (read === 'unanswered') return;
      for (const { id, seen, acknowledged } of read) stale.push(`GetUser of ${id}: ${seen} after ${acknowledged}`);
    },
    async validate({ id, token, ...before }, client) {
      const reply = await client.validateSession({ token }, { timeoutMs }).catch(() => undefined);
      const seen = Number(reply?.user?.name ?? Number.POSITIVE_INFINITY);
      if (seen < before.acknowledged) stale.push(`ValidateSession of ${id}: ${seen} after ${before.acknowledged}`);
    },
    write: (member) => write(userOperations, member, { clients: observed, isOver: () => isOver }),
  };
  const startLanes = (kind: keyof typeof lanes) =>
    Array.from({ length: lanes[kind] }, (_, lane) =>
      // Of one member one lane writes: what a read may not fall below is then known.
      runLane(
        works[kind],
        kind === 'write' ? members.filter((_, n) => n % lanes.write === lane) : shift(members, lane),
      ),
    );
  const running = Promise.all([...startLanes('read'), ...startLanes('validate'), ...startLanes('write')]);
  return {
    ...{ running, calls, stale },
    async end() {
      isOver = true;
      await running;
    },
  };
}

function shift<T>(items: readonly T[], by: number): T[] {
  return [...items.slice(by), ...items.slice(0, by)];
}
