import {
  clone,
  create,
  type DescMessage,
  type DescMethod,
  isMessage,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import { v7 as uuidV7 } from 'uuid';
import { takesRequestId } from './method-policy.ts';

/** The bytes of a request, made once a call: its retries send the same. */
export function encodeRequest(method: DescMethod, input: MessageInitShape<DescMessage>): Buffer {
  try {
    const bytes = toBinary(method.input, withRequestId(method, input));
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  } catch (cause) {
    const message = `the request is no ${method.input.typeName}`;
    throw new ConnectError(message, Code.InvalidArgument, undefined, undefined, cause);
  }
}

/** A mutation without a `request_id` gets one. The caller's own object stays as it is. */
function withRequestId(method: DescMethod, input: MessageInitShape<DescMessage>): MessageShape<DescMessage> {
  const message = create(method.input, input);
  if (!takesRequestId(method) || Reflect.get(message, 'requestId') !== '') return message;
  const own = isMessage(input, method.input) ? clone(method.input, message) : message;
  Reflect.set(own, 'requestId', uuidV7());
  return own;
}
