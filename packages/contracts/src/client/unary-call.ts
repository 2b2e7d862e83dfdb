import { type DescMessage, type DescMethodUnary, fromBinary, type MessageShape } from '@bufbuild/protobuf';
import { Code, ConnectError, type UnaryResponse } from '@connectrpc/connect';
import type * as grpc from '@grpc/grpc-js';
import { toCancelError, toConnectError } from './call-error.ts';
import type { OpenCall } from './open-call.ts';
import { toHeaders } from './wire-metadata.ts';

/** Calls a unary method; rejects with a ConnectError. */
export function callUnary<I extends DescMessage, O extends DescMessage>(
  method: DescMethodUnary<I, O>,
  { client, path, metadata, deadline, signal }: OpenCall,
  request: Buffer,
): Promise<UnaryResponse<I, O>> {
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
      else settle(() => respond(method, reply as Buffer, { header, trailer: status.metadata }), resolve, reject);
    });
  });
}

function settle<T>(make: () => T, resolve: (value: T) => void, reject: (reason: unknown) => void): void {
  try {
    resolve(make());
  } catch (cause) {
    reject(new ConnectError('the reply is not readable as its message', Code.Internal, undefined, undefined, cause));
  }
}

/** Headers are made when they are read: few callers do. */
function respond<I extends DescMessage, O extends DescMessage>(
  method: DescMethodUnary<I, O>,
  bytes: Buffer,
  received: { header: grpc.Metadata | undefined; trailer: grpc.Metadata },
): UnaryResponse<I, O> {
  const message: MessageShape<O> = fromBinary(method.output, bytes);
  return {
    stream: false,
    service: method.parent,
    method,
    message,
    get header() {
      return toHeaders(received.header);
    },
    get trailer() {
      return toHeaders(received.trailer);
    },
  };
}
