import DataLoader from 'dataloader';
import type { NewUser, User } from '../domain/user.ts';
import { createPostgresInvalidationWriter } from './postgres-invalidations.ts';
import type { Session } from './postgres-lease.ts';
import { insertUsers } from './postgres-user-writer.ts';
import type { OneWrite } from './store.ts';

/** Thrown to a member of a group that came to nothing in it, and is to be run alone. */
export class LeftGroup extends Error {
  override readonly name = 'LeftGroup';
}

/** The place of one member in a group. */
export interface GroupSeat {
  readonly tx: OneWrite;
  /** Then nobody leaves it: what one member wrote cannot be taken back without the others. */
  readonly hasWritten: boolean;
}

/** Writes for many within the transaction that is open on a session, what comes together by one statement. */
export interface GroupWriter {
  join(): GroupSeat;
}

export function openGroupWriter(session: Session): GroupWriter {
  const insertions = new DataLoader<NewUser, User | undefined>(
    async (users) => {
      const inserted = await insertUsers(session, users);
      return users.map(({ id }) => inserted.get(id));
    },
    { cache: false },
  );
  return { join: () => new Seat(session, insertions) };
}

class Seat implements GroupSeat {
  readonly tx: OneWrite;
  /** Those that were asked for, and have not come to nothing. */
  #writes = 0;

  constructor(session: Session, insertions: DataLoader<NewUser, User | undefined>) {
    const invalidations = createPostgresInvalidationWriter(session);
    this.tx = {
      users: { insert: (user) => this.#write(() => (user.idIsChosen ? undefined : insertions.load(user))) },
      invalidations: {
        put: async (...records) => {
          this.#writes += 1;
          await invalidations.put(...records);
        },
      },
    };
  }

  get hasWritten(): boolean {
    return this.#writes > 0;
  }

  async #write<Row>(load: () => Promise<Row | undefined> | undefined): Promise<Row> {
    this.#writes += 1;
    const row = await load();
    if (row !== undefined) return row;
    this.#writes -= 1;
    throw new LeftGroup();
  }
}
