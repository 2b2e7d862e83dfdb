import { createHash } from 'node:crypto';

/**
 * The id of a row that has none: a UUID of version 8 (RFC 9562) made of the SHA-256 of the file and the row's number,
 * so that the same file gives the same ids every time.
 */
export function makeRowId(fileDigest: Uint8Array, row: number): string {
  const bytes = createHash('sha256').update(fileDigest).update(String(row)).digest().subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
