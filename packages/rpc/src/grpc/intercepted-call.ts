import type { ServerHttp2Stream } from 'node:http2';
import {
  type Metadata,
  ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
} from '@grpc/grpc-js';
import type { TandemError } from '../errors.ts';
import { MessageFrames } from '../message-frames.ts';
import { Unreceived } from '../unreceived.ts';
import type { UnwholeRequest, UnwholeRequests } from './unwhole-requests.ts';

type Listener = Parameters<ServerInterceptingCallInterface['start']>[0];
type Status = Parameters<ServerInterceptingCallInterface['sendStatus']>[0];

/**
 * Stands between grpc-js and each call. Status 0 goes out without the `grpc-message: OK` that grpc-js puts beside it and
 * the specification does not want. A request is watched until it is whole, and in a stream of them each message: what is
 * given up is received as an `Unreceived`.
 *
 * @param arriving the stream of the call that is being made
 */
export function interceptCalls(
  unwhole: UnwholeRequests,
  arriving: () => ServerHttp2Stream | undefined,
): ServerInterceptor {
  return ({ requestStream, responseStream }, call) =>
    new InterceptedCall(call, {
      unwhole,
      stream: requestStream ? arriving() : undefined,
      hasOneReply: !responseStream,
    });
}

interface Interception {
  readonly unwhole: UnwholeRequests;
  /** There where it brings many requests. */
  readonly stream: ServerHttp2Stream | undefined;
  readonly hasOneReply: boolean;
}

/** Passes on directly what the class that it extends would take through a callback for each step. */
class InterceptedCall extends ServerInterceptingCall implements Listener, UnwholeRequest {
  readonly hasBegun: boolean;
  waitedMs = 0;
  readonly #call: ServerInterceptingCallInterface;
  readonly #unwhole: UnwholeRequests;
  readonly #hasOneReply: boolean;
  readonly #stream: ServerHttp2Stream | undefined;
  readonly #frames: MessageFrames | undefined;
  #framesSeen = 0;
  #listener: Listener | undefined;
  #only: unknown;
  #isGivenUp = false;

  constructor(call: ServerInterceptingCallInterface, { unwhole, stream, hasOneReply }: Interception) {
    super(call);
    this.#call = call;
    this.#unwhole = unwhole;
    this.#hasOneReply = hasOneReply;
    this.hasBegun = stream !== undefined;
    this.#stream = stream;
    if (stream === undefined) return;
    const frames = new MessageFrames();
    this.#frames = frames;
    // grpc-js has paused it, and goes on deciding when it flows.
    stream.on('data', (bytes: Buffer) => frames.read(bytes));
  }

  override start(listener: Listener): void {
    this.#listener = listener;
    this.#call.start(this);
  }

  override sendMetadata(metadata: Metadata): void {
    this.#call.sendMetadata(metadata);
  }

  /** After the only reply the status need not wait until it is written: so they go out together. */
  override sendMessage(message: unknown, callback: () => void): void {
    if (!this.#hasOneReply) this.#call.sendMessage(message, callback);
    else {
      this.#call.sendMessage(message, () => {});
      callback();
    }
  }

  override sendStatus(status: Status): void {
    this.#call.sendStatus(status.code === 0 ? { ...status, details: '' } : status);
  }

  onReceiveMetadata(metadata: Metadata): void {
    this.#unwhole.add(this);
    this.#listener?.onReceiveMetadata(metadata);
    const { ended } = this.#unwhole;
    if (ended !== undefined && !this.hasBegun) this.giveUp(ended);
  }

  /** The only request of a call is kept until its end has come; a second one is for grpc-js to refuse. */
  onReceiveMessage(message: unknown): void {
    if (this.#isGivenUp) return;
    if (this.hasBegun) this.#listener?.onReceiveMessage(message);
    else if (this.#only === undefined) {
      this.#only = message;
      this.#call.startRead();
    } else {
      this.#listener?.onReceiveMessage(this.#only);
      this.#listener?.onReceiveMessage(message);
    }
  }

  /** All requests are whole. */
  onReceiveHalfClose(): void {
    if (this.#isGivenUp) return;
    this.#unwhole.delete(this);
    if (this.#only !== undefined) this.#listener?.onReceiveMessage(this.#only);
    this.#listener?.onReceiveHalfClose();
  }

  /** Comes after every end, whatever it is. */
  onCancel(): void {
    this.#unwhole.delete(this);
    this.#listener?.onCancel();
  }

  /** A stream that does not flow is one whose handler has not asked for more. */
  isStalled(): boolean {
    if (this.#frames === undefined) return true;
    const { begun, isPartial } = this.#frames;
    const isNew = begun !== this.#framesSeen;
    this.#framesSeen = begun;
    return isPartial && !isNew && !this.#stream?.isPaused();
  }

  giveUp(reason: TandemError): void {
    this.#unwhole.delete(this);
    this.#isGivenUp = true;
    this.#listener?.onReceiveMessage(new Unreceived(reason));
    this.#listener?.onReceiveHalfClose();
  }
}
