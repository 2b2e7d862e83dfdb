import type { Post } from '../domain/post.ts';

/** 4 MiB a message, less what a page holds beside its items. */
export const pageBudgetBytes = 4 * 1024 * 1024 - 16 * 1024;
/** A user at most: 254 bytes of e-mail, 200 characters of name, and the rest. */
export const maxAuthorBytes = 1_300;
/** Ids, times, etag, language and the lengths of everything. */
const postOverheadBytes = 200;
const tagOverheadBytes = 3;

/** How large a post may become in protobuf; never less than it does. */
export function estimatePostBytes({ title, content = '', tags }: Post): number {
  const text = Buffer.byteLength(title) + Buffer.byteLength(content);
  return tags.reduce((sum, tag) => sum + Buffer.byteLength(tag) + tagOverheadBytes, postOverheadBytes + text);
}

export interface PageBounds<Item> {
  /** How many items at most. */
  readonly limit: number;
  readonly sizeOf: (item: Item) => number;
}

export interface TakenPage<Item> {
  readonly items: Item[];
  /** Whether there is an item beyond. */
  readonly more: boolean;
}

/** Takes items until the limit or the message is full, but always one; reads one more to see whether there is more. */
export async function takePage<Item>(
  source: AsyncIterable<Item>,
  { limit, sizeOf }: PageBounds<Item>,
): Promise<TakenPage<Item>> {
  const items: Item[] = [];
  let bytes = 0;
  for await (const item of source) {
    bytes += sizeOf(item);
    if (items.length === limit || (items.length > 0 && bytes > pageBudgetBytes)) return { items, more: true };
    items.push(item);
  }
  return { items, more: false };
}
