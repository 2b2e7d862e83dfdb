/** One kind of entity of one service, and the part of the keys that all of its entries share. */
export interface CacheNamespace {
  /** `users` or `posts`. */
  readonly service: string;
  /** What is cached, in kebab case: `session`. */
  readonly entity: string;
}

const namePattern = /^[a-z][a-z0-9-]*$/;

/**
 * `tandem:<service>:{<entity>:<id>}`. The braces are Redis Cluster's hash tag: whatever is appended for one entity stays
 * in one slot (Redis Cluster specification, "Hash tags").
 * Throws RangeError for a service or entity that is not kebab case, and for an id that is empty or holds a brace, which
 * would move the tag.
 */
export function cacheKey(namespace: CacheNamespace, id: string): string {
  return cacheKeys(namespace)(id);
}

/** The same for many ids of one namespace, which is looked at once. */
export function cacheKeys({ service, entity }: CacheNamespace): (id: string) => string {
  if (!namePattern.test(service) || !namePattern.test(entity)) {
    throw new RangeError(`${service}:${entity} is no cache namespace; service and entity are kebab case`);
  }
  const prefix = `tandem:${service}:{${entity}:`;
  return (id) => {
    if (id === '' || id.includes('{') || id.includes('}')) {
      throw new RangeError(`a ${entity} id in the cache is not empty and holds no braces`);
    }
    return `${prefix}${id}}`;
  };
}
