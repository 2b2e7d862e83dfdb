/** What `work` gives; undefined where it takes longer than `ms` milliseconds, and nobody hears of it then. */
export async function within<T>(ms: number, work: Promise<T>): Promise<T | undefined> {
  const { promise: overdue, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => resolve(undefined), ms);
  return await Promise.race([work, overdue]).finally(() => clearTimeout(timer));
}
