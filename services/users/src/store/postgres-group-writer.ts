import DataLoader from 'dataloader';
import type { Movement, NewTransfer } from '../domain/points.ts';
import type { NewUser, User } from '../domain/user.ts';
import { createPostgresInvalidationWriter } from './postgres-invalidations.ts';
import type { Session } from './postgres-lease.ts';
import { moveTogether } from './postgres-points-writer.ts';
import { insertTogether } from './postgres-user-writer.ts';
import type { OneInsertion, OneMovement } from './store.ts';

/** Thrown to a member of a group that came to nothing in it, and is to be run alone. */
export class LeftGroup extends Error {
  override readonly name = 'LeftGroup';
}

/** The place of one member in a group. */
export interface GroupSeat<Tx> {
  readonly tx: Tx;
  /** Then nobody leaves it: what one member wrote cannot be taken back without the others. */
  readonly hasWritten: boolean;
}

/** Begins a group in the transaction that is open on a session; what comes together is written by one statement. */
export type OpenGroup<Tx> = (session: Session) => { join(): GroupSeat<Tx> };

/** For those who insert a user each. */
export const openInsertions: OpenGroup<OneInsertion> = (session) => {
  const users = new DataLoader<NewUser, User | undefined>((some) => insertTogether(session, some), { cache: false });
  return {
    join: () => takeSeat(session, (write) => ({ users: { insert: (user) => write(() => users.load(user)) } })),
  };
};

/** For those who move points. */
export const openMovements: OpenGroup<OneMovement> = (session) => {
  const movements = new DataLoader<NewTransfer, Movement | undefined>((some) => moveTogether(session, some), {
    cache: false,
  });
  return {
    join: () =>
      takeSeat(session, (write) => ({ points: { move: (transfer) => write(() => movements.load(transfer)) } })),
  };
};

/** Gives what was written; throws LeftGroup where nothing was. */
type Write = <Row>(load: () => Promise<Row | undefined>) => Promise<Row>;

function takeSeat<Tx>(session: Session, open: (write: Write) => Tx) {
  const invalidations = createPostgresInvalidationWriter(session);
  // Those that were asked for, and have not come to nothing.
  let writes = 0;
  const write: Write = async (load) => {
    writes += 1;
    const row = await load();
    if (row !== undefined) return row;
    writes -= 1;
    throw new LeftGroup();
  };
  const put: typeof invalidations.put = async (...records) => {
    writes += 1;
    await invalidations.put(...records);
  };
  return {
    tx: { ...open(write), invalidations: { put } },
    get hasWritten() {
      return writes > 0;
    },
  };
}
