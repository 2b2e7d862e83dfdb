import { type DescMessage, type MessageShape, toJsonString } from '@bufbuild/protobuf';
import { createPostsClient, createUsersClient } from '@tandem/contracts';
import { PostSchema } from '@tandem/contracts/posts';
import { UserSchema } from '@tandem/contracts/users';
import type { ExportArguments } from './export-arguments.ts';

const chunkSize = 1000;

/** What came in one message of an export. */
export interface ExportChunk {
  readonly count: number;
  /** A line of JSON for each. */
  readonly text: string;
  /** Goes on after it. */
  readonly cursor: string;
}

/** Where users or posts come from. */
export interface ExportSource extends AsyncDisposable {
  /** One stream, after `cursor`; empty: from the beginning. */
  open(cursor: string, signal: AbortSignal): AsyncIterable<ExportChunk>;
}

export function openExportSource({ kind, target }: Pick<ExportArguments, 'kind' | 'target'>): ExportSource {
  return kind === 'users' ? openUsers(target) : openPosts(target);
}

function openUsers(target: string): ExportSource {
  const client = createUsersClient(target);
  return {
    async *open(cursor, signal) {
      const chunks = client.exportUsers({ cursor, chunkSize }, { signal });
      for await (const { users, cursor } of chunks) yield { ...toLines(UserSchema, users), cursor };
    },
    [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
  };
}

function openPosts(target: string): ExportSource {
  const client = createPostsClient(target);
  return {
    async *open(cursor, signal) {
      const chunks = client.exportPosts({ cursor, chunkSize }, { signal });
      for await (const { posts, cursor } of chunks) yield { ...toLines(PostSchema, posts), cursor };
    },
    [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
  };
}

function toLines<D extends DescMessage>(
  schema: D,
  messages: readonly MessageShape<D>[],
): Pick<ExportChunk, 'count' | 'text'> {
  const lines = messages.map((message) => `${toJsonString(schema, message, { alwaysEmitImplicit: true })}\n`);
  return { count: messages.length, text: lines.join('') };
}
