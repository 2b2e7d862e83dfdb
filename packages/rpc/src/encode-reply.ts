import { create, type DescMessage, isMessage, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { EncodedReply } from './encoded-reply.ts';
import { TandemError } from './errors.ts';

/** The largest message either way, counted in protobuf: 4 MiB. */
export const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;

/**
 * A reply as bytes.
 *
 * @throws TandemError `RESPONSE_TOO_LARGE` beyond 4 MiB
 */
export function encodeReply(desc: DescMessage, reply: object): Uint8Array {
  const bytes = reply instanceof EncodedReply ? reply.bytes : toBytes(desc, reply);
  if (bytes.byteLength <= MAX_MESSAGE_BYTES) return bytes;
  throw new TandemError(
    'RESPONSE_TOO_LARGE',
    `The answer would be ${bytes.byteLength} bytes, more than 4 MiB. Ask for less.`,
    {
      metadata: { size_bytes: String(bytes.byteLength), limit_bytes: String(MAX_MESSAGE_BYTES) },
    },
  );
}

function toBytes(desc: DescMessage, reply: object): Uint8Array {
  return toBinary(desc, isMessage(reply, desc) ? reply : create(desc, reply as MessageInitShape<DescMessage>));
}
