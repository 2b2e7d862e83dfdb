/** An entity as the cache knows it: its bytes, or undefined when there is none of that id. */
export type Entity = Uint8Array | undefined;

const versionBytes = 2;
const headerBytes = versionBytes + 1;
const present = 1;
const absent = 0;

/**
 * How entities of one version of their schema lie in Redis: the version (two bytes, big-endian), whether there is one (one
 * byte), the bytes. The version lies in the value, not in the key, so that old and new processes meet at the same keys.
 */
export interface EntityFormat {
  /** The first bytes of every value of this version. */
  readonly version: Uint8Array;
  encode(entity: Entity): Uint8Array;
  /** A view of what was stored; undefined when that is of another version, or no value of this format. */
  decode(stored: Uint8Array): { readonly entity: Entity } | undefined;
}

/** Throws RangeError unless `schemaVersion` is a whole number from 0 to 65535. */
export function createEntityFormat(schemaVersion: number): EntityFormat {
  if (!Number.isInteger(schemaVersion) || schemaVersion < 0 || schemaVersion > 0xffff) {
    throw new RangeError(`schemaVersion is ${schemaVersion}; it must be a whole number from 0 to 65535`);
  }
  const [high, low] = [schemaVersion >> 8, schemaVersion & 0xff];
  return {
    version: Uint8Array.of(high, low),
    encode(entity) {
      const stored = new Uint8Array(headerBytes + (entity?.length ?? 0));
      stored.set([high, low, entity === undefined ? absent : present]);
      if (entity !== undefined) stored.set(entity, headerBytes);
      return stored;
    },
    decode(stored) {
      if (stored[0] !== high || stored[1] !== low) return undefined;
      if (stored[versionBytes] === present) return { entity: stored.subarray(headerBytes) };
      return stored[versionBytes] === absent ? { entity: undefined } : undefined;
    },
  };
}
