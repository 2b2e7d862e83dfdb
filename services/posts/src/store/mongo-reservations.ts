import { TandemError } from '@tandem/rpc';
import type { ClientSession, Collection, Db } from 'mongodb';
import type { FullPost } from '../domain/post.ts';
import type { Reservation, ReservationWriter } from './author-store.ts';
import { timeLeft } from './mongo-bounds.ts';
import { isDuplicateKey } from './mongo-errors.ts';
import type { StoreCall } from './store.ts';

/** Longer than any attempt at the work that a reservation is part of. */
const decidedKeptMs = 30 * 24 * 3_600_000;

interface ReservedPost {
  title: string;
  content: string;
  tags: string[];
  language: string;
  published: boolean;
  create_time: Date;
}

interface ReservationDocument {
  _id: string;
  state: Reservation['state'];
  author_id?: string;
  post?: ReservedPost;
  expire_time?: Date;
}

interface Scope {
  readonly session: ClientSession;
  readonly call: StoreCall;
}

export function createReservationWriter(db: Db, { session, call }: Scope): ReservationWriter {
  const reservations = reservationsOf(db);
  const options = () => ({ session, ...timeLeft(call) });
  return {
    async find(_id) {
      const found = await reservations.findOne({ _id }, options());
      return found === null ? undefined : toReservation(found);
    },
    findHeld: (ids) => findHeldIds(db, ids, { session, call }),
    async insert(post) {
      try {
        await reservations.insertOne(toReservationDocument(post), options());
      } catch (error) {
        if (!isDuplicateKey(error)) throw error;
        throw new TandemError('ID_TAKEN', 'post_id was reserved before, and is not given twice; choose another.', {
          cause: error,
        });
      }
    },
    async decide(_id, state) {
      const decision = { $set: { state, expire_time: expireTime() }, $unset: { post: true as const } };
      await reservations.updateOne({ _id }, decision, { upsert: true, ...options() });
    },
  };
}

/** Which of these ids are reserved and not decided, for work within a transaction or without. */
export async function findHeldIds(
  db: Db,
  ids: readonly string[],
  { session, call }: { session?: ClientSession; call: StoreCall },
): Promise<ReadonlySet<string>> {
  if (ids.length === 0) return new Set();
  const held = { _id: { $in: [...ids] }, state: 'reserved' as const };
  const options = { ...(session === undefined ? {} : { session }), ...timeLeft(call), projection: { _id: 1 } };
  const found = await reservationsOf(db).find(held, options).toArray();
  return new Set(found.map(({ _id }) => _id));
}

export async function cancelReservationsOf(db: Db, authorId: string, { session, call }: Scope): Promise<void> {
  await reservationsOf(db).updateMany(
    { author_id: authorId, state: 'reserved' },
    { $set: { state: 'cancelled', expire_time: expireTime() }, $unset: { post: true } },
    { session, ...timeLeft(call) },
  );
}

function reservationsOf(db: Db): Collection<ReservationDocument> {
  return db.collection<ReservationDocument>('reserved_posts');
}

function expireTime(): Date {
  return new Date(Date.now() + decidedKeptMs);
}

function toReservationDocument(post: FullPost): ReservationDocument {
  const { title, content, tags, language, published, createTime } = post;
  const create_time = new Date(createTime);
  const kept = { title, content, tags: [...tags], language, published, create_time };
  return { _id: post.id, state: 'reserved', author_id: post.authorId, post: kept };
}

function toReservation({ _id, state, author_id, post }: ReservationDocument): Reservation {
  if (state !== 'reserved') return { state, authorId: author_id };
  if (author_id === undefined || post === undefined) throw new Error(`The reservation ${_id} has no post.`);
  return { state, post: toReservedPost(post, { id: _id, authorId: author_id }) };
}

/** A new post: its times are all that of its making. */
function toReservedPost(reserved: ReservedPost, ids: { id: string; authorId: string }): FullPost {
  const { create_time, ...text } = reserved;
  const time = create_time.getTime();
  return {
    ...ids,
    ...text,
    createTime: time,
    updateTime: time,
    publishTime: reserved.published ? time : undefined,
    version: 1,
  };
}
