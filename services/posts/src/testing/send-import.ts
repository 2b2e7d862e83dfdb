import type { MessageInitShape } from '@bufbuild/protobuf';
import type { PostsClient } from '@tandem/contracts';
import {
  type ImportPostRowSchema,
  type ImportPostsRequestSchema,
  type ImportPostsResponse,
  OnDuplicate,
} from '@tandem/contracts/posts';

export type ImportMessage = MessageInitShape<typeof ImportPostsRequestSchema>;
export type Row = MessageInitShape<typeof ImportPostRowSchema>;

export const optionsMessage = (onDuplicate: OnDuplicate): ImportMessage => ({
  payload: { case: 'options', value: { onDuplicate } },
});
export const rowsMessage = (rows: Row[]): ImportMessage => ({ payload: { case: 'rows', value: { rows } } });

export function sendImport(client: PostsClient, messages: readonly ImportMessage[]): Promise<ImportPostsResponse> {
  async function* send() {
    yield* messages;
  }
  return client.importPosts(send());
}

/** Imports rows in one message. */
export function importRows(
  client: PostsClient,
  rows: Row[],
  onDuplicate: OnDuplicate = OnDuplicate.ERROR,
): Promise<ImportPostsResponse> {
  return sendImport(client, [optionsMessage(onDuplicate), rowsMessage(rows)]);
}
