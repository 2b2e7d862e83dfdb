import {
  type Metadata,
  ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
} from '@grpc/grpc-js';
import type { TandemError } from '../errors.ts';
import type { Pipeline } from '../pipeline.ts';
import { toConnectError, toStatus } from '../status.ts';
import { toStatusObject } from './status.ts';

/** Interrupted when calls that have not begun are to be ended; its reason is what they are told, in the domain's name. */
export type Intake = Pick<Pipeline, 'intake' | 'domain'>;

type Listener = Parameters<ServerInterceptingCallInterface['start']>[0];
type Status = Parameters<ServerInterceptingCallInterface['sendStatus']>[0];

/**
 * Stands between grpc-js and each call. Status 0 goes out without the `grpc-message: OK` that grpc-js puts beside it and
 * the specification does not want; a call that takes one request and still waits for the end of it is ended by the intake.
 */
export function interceptCalls(intake?: Intake): ServerInterceptor {
  return ({ requestStream, responseStream }, call) =>
    new InterceptedCall(call, { intake: requestStream ? undefined : intake, hasOneReply: !responseStream });
}

/** Passes on directly what the class that it extends would take through a callback for each step. */
class InterceptedCall extends ServerInterceptingCall implements Listener {
  readonly #call: ServerInterceptingCallInterface;
  readonly #intake: Intake | undefined;
  readonly #hasOneReply: boolean;
  #listener: Listener | undefined;

  constructor(
    call: ServerInterceptingCallInterface,
    { intake, hasOneReply }: { intake: Intake | undefined; hasOneReply: boolean },
  ) {
    super(call);
    this.#call = call;
    this.#intake = intake;
    this.#hasOneReply = hasOneReply;
  }

  override start(listener: Listener): void {
    this.#listener = listener;
    this.#call.start(this.#intake === undefined ? listener : this);
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
    this.#intake?.intake.subscribe(this.#refuse);
    this.#listener?.onReceiveMetadata(metadata);
  }

  onReceiveMessage(message: unknown): void {
    this.#listener?.onReceiveMessage(message);
  }

  /** The request is whole: the call begins, and is the pipeline's. */
  onReceiveHalfClose(): void {
    this.#intake?.intake.unsubscribe(this.#refuse);
    this.#listener?.onReceiveHalfClose();
  }

  /** Comes after every end, whatever it is. */
  onCancel(): void {
    this.#intake?.intake.unsubscribe(this.#refuse);
    this.#listener?.onCancel();
  }

  readonly #refuse = (reason: TandemError): void => {
    const status = toStatus(reason, this.#intake?.domain ?? '');
    this.sendStatus(toStatusObject(toConnectError(status)));
  };
}
