import { createHash } from 'node:crypto';
import { clone, type DescField, type DescMessage, type Message, toBinary } from '@bufbuild/protobuf';
import { reflect } from '@bufbuild/protobuf/reflect';

/**
 * SHA-256 over what a request says, without the fields named in `except` and without fields that the contract does not
 * know. The same message gives the same digest on every replica: fields are written by number, and no request of the
 * contract has a map.
 */
export function digestMessage(desc: DescMessage, message: Message, except: ReadonlySet<string>): Buffer {
  return createHash('sha256')
    .update(toBytesWithout(desc, message, except))
    .digest();
}

function toBytesWithout(desc: DescMessage, message: Message, except: ReadonlySet<string>): Uint8Array {
  const kept = clone(desc, message);
  const view = reflect(desc, kept);
  for (const field of desc.fields) if (except.has(field.name)) view.clear(field as DescField);
  return toBinary(desc, kept, { writeUnknownFields: false });
}
