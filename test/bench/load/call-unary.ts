import { type ClientHttp2Session, constants, type IncomingHttpHeaders } from 'node:http2';
import type { LoadRequest } from '../workload.ts';

const PREFIX_BYTES = 5;

/** A request as gRPC frames it, message by message. */
export function frameRequest(message: LoadRequest['message']): Buffer {
  return message instanceof Uint8Array ? frameMessage(message) : Buffer.concat(message.map(frameMessage));
}

/** A message as gRPC frames it: not compressed, its length, itself. */
export function frameMessage(message: Uint8Array): Buffer {
  const frame = Buffer.alloc(PREFIX_BYTES + message.length);
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, PREFIX_BYTES);
  return frame;
}

/** How a call ended. */
export interface CallEnd {
  /** What was wrong; undefined of an OK with one whole message. */
  readonly failure: string | undefined;
  /** The reply message; empty unless it was asked for. */
  readonly message: Uint8Array;
}

/** Sends one framed request on an open session; resolves however the call ends. */
export function callUnary(
  session: ClientHttp2Session,
  call: { headers: readonly string[]; frame: Buffer; keepMessage: boolean },
): Promise<CallEnd> {
  const { promise, resolve } = Promise.withResolvers<CallEnd>();
  const stream = session.request(call.headers);
  let received = 0;
  const chunks: Buffer[] = [];
  let ended = false;
  const end = (ending: IncomingHttpHeaders | undefined) => {
    ended = true;
    const failure = findFailure({ ending, received, resetCode: stream.rstCode });
    resolve({ failure, message: Buffer.concat(chunks).subarray(PREFIX_BYTES) });
  };
  stream.on('response', (headers: IncomingHttpHeaders) => {
    if (headers['grpc-status'] !== undefined) end(headers);
  });
  stream.on('data', (chunk: Buffer) => {
    received += chunk.length;
    if (call.keepMessage) chunks.push(chunk);
  });
  // The message is whole by then. To wait for 'close' would cost the load a third more.
  stream.on('trailers', end);
  stream.on('close', () => {
    if (!ended) end(undefined);
  });
  // 'close' follows.
  stream.on('error', () => {});
  stream.end(call.frame);
  return promise;
}

function findFailure({
  ending,
  received,
  resetCode,
}: {
  ending: IncomingHttpHeaders | undefined;
  received: number;
  resetCode: number;
}): string | undefined {
  const status = ending?.['grpc-status'];
  if (status === undefined)
    return `no grpc-status (${resetCode === constants.NGHTTP2_NO_ERROR ? 'connection lost' : `reset ${resetCode}`})`;
  if (status !== '0') return `grpc-status ${status}: ${ending?.['grpc-message'] ?? 'no message'}`;
  return received >= PREFIX_BYTES ? undefined : 'OK without a message';
}
