const maxInt32 = 2 ** 31 - 1;

/** `total_size`, counted only where the request asks for it; cut to what the field holds. */
export async function countIfAsked(
  { includeTotalSize }: { readonly includeTotalSize: boolean },
  count: () => Promise<number | bigint>,
): Promise<{ totalSize?: number }> {
  return includeTotalSize ? { totalSize: Math.min(Number(await count()), maxInt32) } : {};
}
