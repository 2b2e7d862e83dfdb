import { readFileSync } from 'node:fs';

/**
 * The contract as a serialized `google.protobuf.FileDescriptorSet`, third-party files and comments included; what
 * reflection serves.
 */
export function readImage(): Uint8Array {
  return readFileSync(new URL('./gen/image.binpb', import.meta.url));
}
