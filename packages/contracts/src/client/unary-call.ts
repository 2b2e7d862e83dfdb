import { type DescMessage, type DescMethodUnary, fromBinary, type MessageShape } from '@bufbuild/protobuf';
import { Code, ConnectError, type UnaryResponse } from '@connectrpc/connect';
import type * as grpc from '@grpc/grpc-js';
import { toCancelError, toConnectError } from './call-error.ts';
import type { OpenCall } from './open-call.ts';
import { toHeaders } from './wire-metadata.ts';

/** A reply as it came. */
export interface UnaryReply {
  readonly bytes: Buffer;
  readonly header: grpc.Metadata | undefined;
  readonly trailer: grpc.Metadata;
}

/** Calls a unary method; rejects with a ConnectError. */
export function callUnary(
  { client, path, metadata, deadline, signal }: OpenCall,
  request: Buffer,
): Promise<UnaryReply> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(toCancelError(signal));
    let header: grpc.Metadata | undefined;
    let failure: grpc.ServiceError | null = null;
    let reply: Buffer | undefined;
    const call = client.makeUnaryRequest<Buffer, Buffer>(
      path,
      (bytes) => bytes,
      (bytes) => bytes,
      request,
      metadata,
      { deadline },
      (error, value) => {
        failure = error;
        reply = value;
      },
    );
    const cancel = () => call.cancel();
    signal?.addEventListener('abort', cancel, { once: true });
    call.once('metadata', (received: grpc.Metadata) => {
      header = received;
    });
    // Comes after the callback, and only it has the trailers.
    call.once('status', (status: grpc.StatusObject) => {
      signal?.removeEventListener('abort', cancel);
      if (signal?.aborted) reject(toCancelError(signal));
      else if (failure || !reply) reject(toConnectError(failure ?? status, header));
      else resolve({ bytes: reply, header, trailer: status.metadata });
    });
  });
}

/**
 * The reply as Connect's clients take one. Headers are made when they are read: few callers do.
 *
 * @throws ConnectError where the bytes are no such message
 */
export function decodeReply<I extends DescMessage, O extends DescMessage>(
  method: DescMethodUnary<I, O>,
  { bytes, header, trailer }: UnaryReply,
): UnaryResponse<I, O> {
  return {
    stream: false,
    service: method.parent,
    method,
    message: readMessage(method.output, bytes),
    get header() {
      return toHeaders(header);
    },
    get trailer() {
      return toHeaders(trailer);
    },
  };
}

function readMessage<O extends DescMessage>(desc: O, bytes: Buffer): MessageShape<O> {
  try {
    return fromBinary(desc, bytes);
  } catch (cause) {
    throw new ConnectError('the reply is not readable as its message', Code.Internal, undefined, undefined, cause);
  }
}
