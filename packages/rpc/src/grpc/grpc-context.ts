import type { EventEmitter } from 'node:events';
import type { DescMethod, DescService } from '@bufbuild/protobuf';
import { Code, ConnectError, type ContextValues, createContextValues, type HandlerContext } from '@connectrpc/connect';
import type { Metadata, StatusObject } from '@grpc/grpc-js';
import type { HeaderAccess } from '../header-access.ts';
import { toStatusObject } from './status.ts';
import { addHeaders, toHeaders, toWireMetadata, WireMetadata } from './wire-metadata.ts';

/** What a context reads of the four kinds of call that grpc-js has. */
export interface GrpcCall extends EventEmitter {
  readonly cancelled: boolean;
  readonly metadata: Metadata;
  sendMetadata(metadata: Metadata): void;
  getDeadline(): Date | number;
  getHost(): string;
  getPath(): string;
}

/** Connect's context over a grpc-js call. Every part that costs is made on first use: `signal` alone is 17 % of a call. */
export class GrpcContext implements HandlerContext, HeaderAccess {
  readonly method: DescMethod;
  readonly requestMethod = 'POST';
  readonly protocolName = 'grpc';
  readonly #call: GrpcCall;
  #signal: AbortSignal | undefined;
  #requestHeader: Headers | undefined;
  #responseHeader: Headers | undefined;
  #plainHeaders: WireMetadata | undefined;
  #responseTrailer: Headers | undefined;
  #values: ContextValues | undefined;
  #headersSent = false;
  #ended = false;

  constructor(call: GrpcCall, method: DescMethod) {
    this.#call = call;
    this.method = method;
  }

  get service(): DescService {
    return this.method.parent;
  }

  get signal(): AbortSignal {
    this.#signal ??= this.#abortOnCancel();
    return this.#signal;
  }

  /** What is left of the caller's deadline, in milliseconds. */
  readonly timeoutMs = (): number | undefined => {
    const deadline = Number(this.#call.getDeadline());
    return deadline === Number.POSITIVE_INFINITY ? undefined : deadline - Date.now();
  };

  get requestHeader(): Headers {
    this.#requestHeader ??= toHeaders(this.#call.metadata);
    return this.#requestHeader;
  }

  /** One request header without making `Headers` of them all, which is a tenth of a call. */
  readHeader(name: string): string | undefined {
    const value = this.#requestHeader ? this.#requestHeader.get(name) : this.#call.metadata.get(name)[0];
    return typeof value === 'string' ? value : undefined;
  }

  /** Sets one response header of printable ASCII, likewise. */
  setHeader(name: string, value: string): void {
    this.#plainHeaders ??= new WireMetadata();
    this.#plainHeaders.set(name, value);
  }

  get responseHeader(): Headers {
    this.#responseHeader ??= new Headers();
    return this.#responseHeader;
  }

  get responseTrailer(): Headers {
    this.#responseTrailer ??= new Headers();
    return this.#responseTrailer;
  }

  get values(): ContextValues {
    this.#values ??= createContextValues();
    return this.#values;
  }

  get url(): string {
    return `http://${this.#call.getHost()}${this.#call.getPath()}`;
  }

  /** Sends the response headers, once; without any that were set, grpc-js sends its own with the first message. */
  sendHeaders(): void {
    const unsent = this.#takeUnsentHeaders();
    if (unsent) this.#call.sendMetadata(unsent);
  }

  #takeUnsentHeaders(): WireMetadata | undefined {
    if (this.#headersSent) return undefined;
    this.#headersSent = true;
    if (this.#responseHeader) {
      this.#plainHeaders ??= new WireMetadata();
      addHeaders(this.#plainHeaders, this.#responseHeader);
    }
    return this.#plainHeaders;
  }

  /** The trailers that were set, if any: the last word of a call that is answered. */
  trailers(): Metadata | undefined {
    this.#ended = true;
    return this.#responseTrailer && toWireMetadata(this.#responseTrailer);
  }

  /**
   * Gives the status that an error is answered with, the last word of the call. The headers of a stream are sent before
   * it; those of a unary call go with it, for gRPC clients try no call again whose headers they have seen.
   */
  failure(error: unknown): StatusObject {
    this.#ended = true;
    if (this.method.methodKind !== 'unary') this.sendHeaders();
    const status = toStatusObject(error, this.#responseTrailer);
    const unsent = this.#takeUnsentHeaders();
    if (unsent) status.metadata.merge(unsent);
    return status;
  }

  /** `cancelled` also comes after a normal end, which aborts nothing, and a late listener misses it. */
  #abortOnCancel(): AbortSignal {
    const controller = new AbortController();
    const abort = () => {
      if (!this.#ended) controller.abort(whyCancelled(this.#call));
    };
    if (this.#call.cancelled) abort();
    else this.#call.once('cancelled', abort);
    return controller.signal;
  }
}

function whyCancelled(call: GrpcCall): ConnectError {
  return Number(call.getDeadline()) <= Date.now()
    ? new ConnectError('the deadline has passed', Code.DeadlineExceeded)
    : new ConnectError('the caller went away', Code.Canceled);
}
