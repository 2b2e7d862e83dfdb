/** The keys that an entity has in Redis; one slot of a Cluster holds them all. */
export interface EntityKeys {
  /** What is cached of it. */
  readonly value: string;
  /** The token of the one reader that may fill it. */
  readonly lease: string;
  /** Its writers under way: a sorted set of tokens, scored by the time (Redis's own, milliseconds) at which each expires. */
  readonly writers: string;
}

/** The keys of the entity whose `cacheKey` is `key`. */
export function entityKeys(key: string): EntityKeys {
  return { value: valueKey(key), lease: `${key}l`, writers: `${key}w` };
}

/** The key of what is cached of the entity whose `cacheKey` is `key`. */
export function valueKey(key: string): string {
  return `${key}v`;
}
