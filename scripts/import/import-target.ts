import { randomUUID } from 'node:crypto';
import { type DescMessage, fromJsonString, type MessageShape, toBinary } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import { createPostsClient, createUsersClient, type PostsClient } from '@tandem/contracts';
import {
  type ImportFailure,
  type ImportPostRow,
  ImportPostRowSchema,
  type ImportPostsResponse,
  OnDuplicate as PostsOnDuplicate,
} from '@tandem/contracts/posts';
import { type ImportUserRow, ImportUserRowSchema, OnDuplicate as UsersOnDuplicate } from '@tandem/contracts/users';
import type { DuplicateMode, ImportArguments } from './import-arguments.ts';
import type { RowFormat } from './read-rows.ts';
import { makeRowId } from './row-id.ts';

/** The part of an import's reply that both services share. */
export type ImportReply = Pick<ImportPostsResponse, 'imported' | 'updated' | 'skipped'> & {
  readonly failures: readonly Pick<ImportFailure, 'row' | 'reason' | 'message'>[];
};

export interface SendOptions {
  readonly onDuplicate: DuplicateMode;
  readonly signal: AbortSignal;
}

/** Where rows go, and what a row is there. */
export interface ImportTarget<R> extends AsyncDisposable {
  readonly format: RowFormat<R>;
  /** Sends one stream: the options, then a message for each list of rows. */
  send(messages: readonly (readonly R[])[], options: SendOptions): Promise<ImportReply>;
  /** Which of these ids, 1000 at most, exist. */
  findExisting(ids: readonly string[], signal: AbortSignal): Promise<ReadonlySet<string>>;
}

type TargetOptions = Pick<ImportArguments, 'target' | 'onDuplicate'>;

// A content of 1 MiB may be written in six times as many bytes of JSON.
const maxLineBytes = 8 * 1024 * 1024;
const maxRowBytes = 3 * 1024 * 1024;

export function openUsersTarget({ target, onDuplicate }: TargetOptions): ImportTarget<ImportUserRow> {
  const client = createUsersClient(target);
  return {
    format: createFormat(ImportUserRowSchema, (row) => {
      // To send a row again and tell it from another's, it must have a name of its own. Its e-mail tells it otherwise.
      if (!row.id && onDuplicate === 'error') row.id = randomUUID();
    }),
    send: (messages, options) => client.importUsers(usersStream(messages, options), { signal: options.signal }),
    async findExisting(ids, signal) {
      const { users } = await client.batchGetUsers({ ids: [...ids] }, { signal });
      return new Set(users.map(({ id }) => id));
    },
    [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
  };
}

/** @param digest gives the digest of the file, for rows without an id */
export function openPostsTarget(
  { target }: TargetOptions,
  digest: () => Promise<Uint8Array>,
): ImportTarget<ImportPostRow> {
  const client = createPostsClient(target);
  return {
    format: createFormat(ImportPostRowSchema, async (row, number) => {
      if (!row.id) row.id = makeRowId(await digest(), number);
    }),
    send: (messages, options) => client.importPosts(postsStream(messages, options), { signal: options.signal }),
    findExisting: (ids, signal) => findExistingPosts(client, ids, signal),
    [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
  };
}

/** Posts come with their contents, and may be too large for one reply: half of them are not. */
async function findExistingPosts(
  client: PostsClient,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<Set<string>> {
  try {
    const { missingIds } = await client.batchGetPosts({ ids: [...ids] }, { signal });
    const missing = new Set(missingIds);
    return new Set(ids.filter((id) => !missing.has(id)));
  } catch (error) {
    const tooLarge = error instanceof ConnectError && error.code === Code.FailedPrecondition;
    if (!tooLarge || ids.length === 1) throw error;
    const half = Math.ceil(ids.length / 2);
    const first = await findExistingPosts(client, ids.slice(0, half), signal);
    return new Set([...first, ...(await findExistingPosts(client, ids.slice(half), signal))]);
  }
}

function createFormat<D extends DescMessage>(
  schema: D,
  complete: (row: MessageShape<D>, number: number) => Promise<void> | void,
): RowFormat<MessageShape<D>> {
  return {
    maxLineBytes,
    maxRowBytes,
    async parse(json, number) {
      const row = fromJsonString(schema, json);
      await complete(row, number);
      return row;
    },
    sizeOf: (row) => toBinary(schema, row).length,
  };
}

async function* usersStream(messages: readonly (readonly ImportUserRow[])[], { onDuplicate }: SendOptions) {
  yield { payload: { case: 'options' as const, value: { onDuplicate: usersModes[onDuplicate] } } };
  for (const rows of messages) yield { payload: { case: 'rows' as const, value: { rows: [...rows] } } };
}

async function* postsStream(messages: readonly (readonly ImportPostRow[])[], { onDuplicate }: SendOptions) {
  yield { payload: { case: 'options' as const, value: { onDuplicate: postsModes[onDuplicate] } } };
  for (const rows of messages) yield { payload: { case: 'rows' as const, value: { rows: [...rows] } } };
}

const usersModes = {
  error: UsersOnDuplicate.ERROR,
  skip: UsersOnDuplicate.SKIP,
  update: UsersOnDuplicate.UPDATE,
} satisfies Record<DuplicateMode, UsersOnDuplicate>;

const postsModes = {
  error: PostsOnDuplicate.ERROR,
  skip: PostsOnDuplicate.SKIP,
  update: PostsOnDuplicate.UPDATE,
} satisfies Record<DuplicateMode, PostsOnDuplicate>;
