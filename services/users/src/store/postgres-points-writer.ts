import { type Reason, TandemError } from '@tandem/rpc';
import { type Movement, type NewTransfer, systemAccountId } from '../domain/points.ts';
import { violatesUnique } from './postgres-errors.ts';
import type { Session } from './postgres-lease.ts';
import type { PointsWriter } from './store.ts';

/** One round trip: the rows of both users are locked from here until COMMIT, and a busy user waits for no more. */
const movePoints = {
  name: 'points_move',
  sql: `
    SELECT refusal, giver_points::text AS giver_points, taker_points::text AS taker_points,
      (extract(epoch FROM made) * 1000000)::bigint::text AS made_micros, pg_current_xact_id()::text AS xid
    FROM move_points(?::uuid, ?::uuid, ?::uuid, ?::numeric, ?::text, ?::text, ?::uuid)`,
};

/** Before any of them is moved, in the order in which one movement locks its two users: they do not deadlock. */
const lockMovers = {
  name: 'points_lock',
  sql: 'SELECT 1 FROM users WHERE id = ANY(?::uuid[]) ORDER BY id FOR NO KEY UPDATE',
};
const moveMany = {
  name: 'points_move_many',
  sql: `
    SELECT refusal, giver_points::text AS giver_points, taker_points::text AS taker_points,
      (extract(epoch FROM made) * 1000000)::bigint::text AS made_micros, pg_current_xact_id()::text AS xid
    FROM unnest(?::uuid[], ?::uuid[], ?::uuid[], ?::numeric[], ?::text[], ?::text[], ?::uuid[]) WITH ORDINALITY
      AS asked (id, giver, taker, amount, reason, caller, request_id, position),
      move_points(id, giver, taker, amount, reason, caller, request_id)
    ORDER BY position`,
};

const refusals = {
  request_id_reused: ['REQUEST_ID_REUSED', 'request_id has made another movement of points; make a new one for this.'],
  giver_not_found: ['USER_NOT_FOUND', 'There is no user to take the points from; check the id.'],
  taker_not_found: ['USER_NOT_FOUND', 'There is no user to give the points to; check the id.'],
  giver_inactive: ['USER_INACTIVE', 'The user who gives is not active; activate the user first.'],
  taker_inactive: ['USER_INACTIVE', 'The user who gets is not active; activate the user first.'],
  giver_lacks_points: ['INSUFFICIENT_POINTS', 'The user has fewer points than that; move fewer.'],
  taker_out_of_range: ['POINTS_OUT_OF_RANGE', 'The balance would exceed 9223372036854775807; move fewer points.'],
} as const satisfies Record<string, readonly [Reason, string]>;

interface MovementRow {
  readonly refusal: keyof typeof refusals | null;
  readonly giver_points: string | null;
  readonly taker_points: string | null;
  readonly made_micros: string | null;
  readonly xid: string;
}

/** Writes within the transaction that is open on `session`. */
export function createPostgresPointsWriter(session: Session): PointsWriter {
  return {
    async move(transfer) {
      const row = await tryMove(session, transfer);
      session.noteTransactionId(row.xid);
      if (row.refusal !== null) throw refuse(row.refusal);
      return toMovement(transfer, row);
    },
  };
}

/** Moves points one after the other, in two statements at once; undefined, with nothing written, where one is refused. */
export async function moveTogether(
  session: Session,
  transfers: readonly NewTransfer[],
): Promise<(Movement | undefined)[]> {
  const values = transfers.map(toValues);
  const [, rows] = await Promise.all([
    session.rows(lockMovers, [values.flatMap(([, giver, taker]) => [giver, taker].filter((id) => id !== null))]),
    session.rows<MovementRow>(moveMany, toColumns(values)),
  ]);
  for (const { xid } of rows.slice(0, 1)) session.noteTransactionId(xid);
  return transfers.map((transfer, index) => {
    const row = rows[index];
    return row === undefined || row.refusal !== null ? undefined : toMovement(transfer, row);
  });
}

type MovementValues = ReturnType<typeof toValues>;

/** A side that is not given is null: the system account. */
function toValues({ id, fromUserId, toUserId, amount, reason, caller, requestId }: NewTransfer) {
  return [id, fromUserId ?? null, toUserId ?? null, String(amount), reason, caller, requestId] as const;
}

function toColumns(values: readonly MovementValues[]): unknown[][] {
  const [first] = values;
  return (first ?? []).map((_, column) => values.map((row) => row[column]));
}

async function tryMove(session: Session, transfer: NewTransfer): Promise<MovementRow> {
  try {
    const [row] = await session.rows<MovementRow>(movePoints, toValues(transfer));
    if (row === undefined) throw new Error('move_points returned no row.');
    return row;
  } catch (error) {
    // Another attempt has written it since this one looked.
    if (violatesUnique(error, 'points_transfers_request_unique')) throw refuse('request_id_reused');
    throw error;
  }
}

function refuse(refusal: keyof typeof refusals): TandemError {
  const [reason, message] = refusals[refusal];
  return new TandemError(reason, message);
}

function toMovement(transfer: NewTransfer, row: MovementRow): Movement {
  const { id, fromUserId = systemAccountId, toUserId = systemAccountId, amount, reason, requestId } = transfer;
  if (row.made_micros === null) throw new Error('move_points neither refused nor made a movement.');
  return {
    transfer: { id, fromUserId, toUserId, amount, reason, requestId, createTime: BigInt(row.made_micros) },
    fromPoints: toPoints(row.giver_points),
    toPoints: toPoints(row.taker_points),
  };
}

function toPoints(text: string | null): bigint | undefined {
  return text === null ? undefined : BigInt(text);
}
