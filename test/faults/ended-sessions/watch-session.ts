import { randomInt } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { UsersClient } from '@tandem/contracts';
import { isValid, type Person } from './people.ts';

/** A session that somebody asks for all the time. */
export interface WatchedSession extends Person {
  readonly token: string;
  /** Validations that were answered. */
  readonly counts: { valid: number; refused: number };
  /** Validations that began after the call was answered that ended the session, and found it valid. */
  readonly violations: string[];
  /** Ends the session by `call`: from its answer on the session is to be refused. @param by what `call` is */
  end(by: string, call: () => Promise<unknown>): Promise<void>;
  /** Stops asking. Rejects with what made it stop before. */
  stop(): Promise<void>;
}

/** Between two questions, at most: few enough to leave the machine to the services. */
const maxRestMs = 60;

/** Begins to ask the services, one after another, whether the session is valid. */
export function watchSession(
  { person, token }: { readonly person: Person; readonly token: string },
  clients: readonly UsersClient[],
): WatchedSession {
  const counts = { valid: 0, refused: 0 };
  const violations: string[] = [];
  let endedBy: string | undefined;
  let isOver = false;

  async function ask(client: UsersClient | undefined): Promise<void> {
    const endedBefore = endedBy;
    const valid = client !== undefined && (await isValid(client, token));
    counts[valid ? 'valid' : 'refused'] += 1;
    if (endedBefore !== undefined && valid) violations.push(`valid after ${endedBefore}`);
  }

  async function askOn(): Promise<void> {
    for (let n = 0; !isOver; n += 1) {
      await ask(clients[n % clients.length]);
      await pause(randomInt(1, maxRestMs));
    }
  }

  const asking = askOn();
  asking.catch(() => {});
  return {
    ...person,
    ...{ token, counts, violations },
    async end(by, call) {
      await call();
      endedBy = by;
      await Promise.all(clients.map(ask));
    },
    async stop() {
      isOver = true;
      await asking;
    },
  };
}
