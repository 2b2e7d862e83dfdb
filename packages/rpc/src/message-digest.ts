import { hash } from 'node:crypto';
import { clearField, type DescMessage, type Message, toBinary } from '@bufbuild/protobuf';

/**
 * SHA-256 over what a request says, without the fields named in `except` and without fields that the contract does not
 * know. The same message gives the same digest on every replica: fields are written by number, and no request of the
 * contract has a map.
 */
export function digestMessage(desc: DescMessage, message: Message, except: ReadonlySet<string>): Buffer {
  return hash('sha256', toBytesWithout(desc, message, except), 'buffer');
}

/** Of a copy that shares everything with the message but what it lacks: requests are nested, and this is on every mutation's way. */
function toBytesWithout(desc: DescMessage, message: Message, except: ReadonlySet<string>): Uint8Array {
  const kept: Message = Object.assign(Object.create(Object.getPrototypeOf(message)), message);
  for (const field of desc.fields) if (except.has(field.name)) clearField(kept, field);
  return toBinary(desc, kept, { writeUnknownFields: false });
}
