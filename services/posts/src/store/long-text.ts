/** Indexing takes 0.1 s, of Chinese 0.3 s, and a transaction has 3 s for all that it does, on a busy machine too. */
const maxBytes = 64 * 1024;

/** Whether a post's content has more words than a transaction should wait for: such a post is indexed after its commit. */
export function isLongText(content: string): boolean {
  return Buffer.byteLength(content) > maxBytes;
}
