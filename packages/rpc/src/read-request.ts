import type { DescMessage, Message } from '@bufbuild/protobuf';
import { ConnectError } from '@connectrpc/connect';
import { TandemError } from './errors.ts';
import { TransportFailure, unreadable } from './failure.ts';
import type { Receive } from './mounted.ts';
import { setAsideUnmasked } from './unmasked-fields.ts';
import { assertValid } from './validate-message.ts';

/**
 * Parses a request and checks it by the contract's rules, but for what an update's mask leaves out; its ids are lower case
 * afterwards.
 *
 * @throws TandemError `REQUEST_UNREADABLE`, `FIELD_INVALID`
 * @throws TransportFailure, or a TandemError of the intake, where it did not come whole or is larger than may be
 */
export function readRequest(desc: DescMessage, receive: Receive): Message {
  const message = parse(receive);
  using _ = setAsideUnmasked(desc, message);
  assertValid(desc, message);
  return message;
}

function parse(receive: Receive): Message {
  try {
    return receive();
  } catch (thrown) {
    if (thrown instanceof TandemError) throw thrown;
    throw thrown instanceof ConnectError ? new TransportFailure(thrown) : unreadable(thrown);
  }
}
