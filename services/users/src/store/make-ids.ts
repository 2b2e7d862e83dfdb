import { randomBytes } from 'node:crypto';
import { v7 } from 'uuid';

const bytesPerId = 16;

/**
 * Makes up to `count` UUIDv7s, each above those before it. All by one draw of random bytes: to draw for each takes longer
 * than all else that an import does for a row.
 */
export function createIdMaker(count: number): () => string {
  const bytes = randomBytes((count + 1) * bytesPerId);
  const msecs = Date.now();
  // 31 bits of 32: no count runs over.
  const firstSeq = bytes.readUInt32BE(count * bytesPerId) >>> 1;
  let made = 0;
  return () => {
    if (made === count) throw new Error(`More than ${count} ids were asked for.`);
    const random = bytes.subarray(made * bytesPerId, (made + 1) * bytesPerId);
    const id = v7({ msecs, seq: firstSeq + made, random });
    made += 1;
    return id;
  };
}
