import {
  type DescMessage,
  type DescMethodStreaming,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
} from '@bufbuild/protobuf';
import { Code, ConnectError, type StreamResponse } from '@connectrpc/connect';
import * as grpc from '@grpc/grpc-js';
import { toCancelError, toConnectError } from './call-error.ts';
import type { OpenCall } from './open-call.ts';
import { encodeRequest } from './request.ts';
import { toHeaders } from './wire-metadata.ts';

type Duplex = grpc.ClientDuplexStream<Buffer, Buffer>;

/**
 * Calls a streaming method of any kind; on the wire they are one kind. Messages are sent only as fast as the server takes
 * them, and received only as fast as they are read.
 */
export async function callStream<I extends DescMessage, O extends DescMessage>(
  method: DescMethodStreaming<I, O>,
  open: OpenCall,
  input: AsyncIterable<MessageInitShape<I>>,
): Promise<StreamResponse<I, O>> {
  if (open.signal?.aborted) throw toCancelError(open.signal);
  const stream = new ClientStream(open);
  void stream.send(method, input);
  const header = await stream.header;
  return {
    stream: true,
    service: method.parent,
    method,
    message: stream.receive(method),
    get header() {
      return toHeaders(header);
    },
    get trailer() {
      return toHeaders(stream.trailer);
    },
  };
}

/** One stream in flight. It ends once, with a status; reading ends with it. */
class ClientStream {
  readonly #call: Duplex;
  readonly #signal: AbortSignal | undefined;
  readonly #ended: Promise<grpc.StatusObject>;
  /** Resolves when the first headers are here, or the call ended without any. */
  readonly header: Promise<grpc.Metadata | undefined>;
  #inputError: unknown;
  #status: grpc.StatusObject | undefined;

  constructor({ client, path, metadata, deadline, signal }: OpenCall) {
    const same = (bytes: Buffer): Buffer => bytes;
    this.#signal = signal;
    this.#call = client.makeBidiStreamRequest<Buffer, Buffer>(path, same, same, metadata, { deadline });
    this.#call.on('error', () => {}); // The status says the same, and comes in every case.
    this.#ended = new Promise((resolve) => this.#call.once('status', resolve));
    this.#call.once('status', (status: grpc.StatusObject) => {
      this.#status = status;
    });
    this.header = Promise.race([
      new Promise<grpc.Metadata>((resolve) => this.#call.once('metadata', resolve)),
      this.#ended.then(() => undefined),
    ]);
    this.#call.read(0); // Without a first read, the status of a reply without messages would never come.
    this.#cancelOnAbort();
  }

  get trailer(): grpc.Metadata | undefined {
    return this.#status?.metadata;
  }

  #cancelOnAbort(): void {
    const cancel = () => this.#call.cancel();
    this.#signal?.addEventListener('abort', cancel, { once: true });
    this.#call.once('status', () => this.#signal?.removeEventListener('abort', cancel));
  }

  /** Never rejects: an input that fails cancels the call, and its error is what the reader gets. */
  async send<I extends DescMessage>(
    method: DescMethodStreaming<I, DescMessage>,
    input: AsyncIterable<MessageInitShape<I>>,
  ): Promise<void> {
    try {
      // Leaving the loop when the call has ended tells the input to stop.
      for await (const message of input) {
        if (this.#status) return;
        if (!this.#call.write(encodeRequest(method, message))) await this.#drainedOrEnded();
      }
      this.#call.end();
    } catch (error) {
      this.#inputError = ConnectError.from(error, Code.Internal);
      this.#call.cancel();
    }
  }

  async #drainedOrEnded(): Promise<void> {
    if (this.#status) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#call.once('drain', resolve).once('status', resolve);
    await promise;
    this.#call.off('drain', resolve).off('status', resolve);
  }

  async *receive<O extends DescMessage>(
    method: DescMethodStreaming<DescMessage, O>,
  ): AsyncGenerator<MessageShape<O>, void, undefined> {
    try {
      yield* this.#messages(method);
      const status = await this.#ended;
      if (status.code !== grpc.status.OK) throw this.#failure(status, await this.header);
    } finally {
      this.#call.cancel(); // Does nothing to a call that ended.
    }
  }

  async *#messages<O extends DescMessage>(
    method: DescMethodStreaming<DescMessage, O>,
  ): AsyncGenerator<MessageShape<O>, void, undefined> {
    const reader: AsyncIterator<Buffer> = this.#call[Symbol.asyncIterator]();
    for (;;) {
      const next = await reader.next().catch(() => undefined); // The status tells why.
      if (!next || next.done) return;
      yield readMessage(method, next.value);
    }
  }

  #failure(status: grpc.StatusObject, header: grpc.Metadata | undefined): unknown {
    if (this.#inputError) return this.#inputError;
    return this.#signal?.aborted ? toCancelError(this.#signal) : toConnectError(status, header);
  }
}

function readMessage<O extends DescMessage>(
  method: DescMethodStreaming<DescMessage, O>,
  bytes: Buffer,
): MessageShape<O> {
  try {
    return fromBinary(method.output, bytes);
  } catch (cause) {
    throw new ConnectError('a message of the stream is not readable', Code.Internal, undefined, undefined, cause);
  }
}
