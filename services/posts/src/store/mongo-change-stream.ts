import { once } from 'node:events';
import { TandemError } from '@tandem/rpc';
import { type ChangeStream, type ChangeStreamDocument, type Collection, MongoError, MongoServerError } from 'mongodb';
import type { PostChange } from '../domain/post-event.ts';
import { storeUnavailable, translateError } from './mongo-errors.ts';
import { type PostDocument, toFullPost, toPost } from './mongo-post-document.ts';

/** A change and its place in the order of all changes; positions compare as strings. */
export interface PlacedChange {
  readonly change: PostChange;
  readonly position: string;
}

interface PostStreamOptions {
  /** Undefined: from now on. */
  readonly after: string | undefined;
  /** How long `next` waits for a change. */
  readonly awaitMs: number;
  readonly batchSize: number;
  readonly maxTimeMS: number;
}

/** The pre-image is gone; the history is lost; the stream cannot go on; the token is none of this database's. */
const expired = new Set([47, 286, 280, 260]);

/** What is told to nobody is not sent. */
const unseen = ['updateDescription', 'fullDocumentBeforeChange.content'].concat(
  ...['fullDocument', 'fullDocumentBeforeChange'].map((image) =>
    ['search', 'vector', 'title_folded'].map((field) => `${image}.${field}`),
  ),
);

const changes = new Set(['insert', 'update', 'replace', 'delete']);

const pipeline = [{ $match: { operationType: { $in: [...changes, 'invalidate'] } } }, { $unset: [...unseen] }];

/** A change stream of posts, each with its states before and after. It goes on by itself after an election. */
export class PostStream implements AsyncDisposable {
  readonly #stream: ChangeStream<PostDocument>;
  /** Resolves when the database has begun it: what is committed from now on will come. */
  readonly opened: Promise<void>;

  constructor(posts: Collection<PostDocument>, { after, awaitMs, batchSize, maxTimeMS }: PostStreamOptions) {
    this.#stream = posts.watch<PostDocument>(pipeline, {
      fullDocument: 'required',
      fullDocumentBeforeChange: 'required',
      maxAwaitTimeMS: awaitMs,
      batchSize,
      maxTimeMS,
      ...(after === undefined ? {} : { resumeAfter: { _data: after } }),
    });
    this.opened = once(this.#stream, 'resumeTokenChanged').then(() => undefined);
  }

  /** After what `next` gave last; it moves too while nothing happens to posts. Undefined before the first answer. */
  get position(): string | undefined {
    return toPosition(this.#stream.resumeToken);
  }

  /** The next change, or undefined where none came in time. */
  async next(): Promise<PlacedChange | undefined> {
    try {
      const document = await this.#stream.tryNext();
      return document === null ? undefined : toPlacedChange(document);
    } catch (error) {
      throw translateStreamError(error);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stream.close().catch(() => undefined);
  }
}

function toPosition(token: unknown): string | undefined {
  return (token as { readonly _data: string } | null | undefined)?._data;
}

function toPlacedChange(document: ChangeStreamDocument<PostDocument>): PlacedChange {
  if (!changes.has(document.operationType))
    throw storeUnavailable(new Error(`the stream ended: ${document.operationType}`));
  const before = 'fullDocumentBeforeChange' in document ? document.fullDocumentBeforeChange : undefined;
  const after = 'fullDocument' in document ? document.fullDocument : undefined;
  const change = { before: before ? toPost(before) : undefined, after: after ? toFullPost(after) : undefined };
  return { change, position: toPosition(document._id) ?? '' };
}

/** What ended a stream, to the service. */
export function translateStreamError(error: unknown): unknown {
  if (error instanceof MongoServerError && expired.has(Number(error.code))) {
    return new TandemError(
      'CURSOR_EXPIRED',
      'What followed this cursor is no longer kept. Read what there is, and watch without a cursor.',
      { cause: error },
    );
  }
  const translated = translateError(error);
  // The driver's own: it has closed a stream that the database ended.
  return translated instanceof MongoError && !(translated instanceof MongoServerError)
    ? storeUnavailable(error)
    : translated;
}
