import type * as grpc from '@grpc/grpc-js';

/** What every call needs, whatever its kind. */
export interface OpenCall {
  readonly client: grpc.Client;
  /** `/package.Service/Method`. */
  readonly path: string;
  readonly metadata: grpc.Metadata;
  /** Milliseconds since the epoch; Infinity for none. */
  readonly deadline: number;
  readonly signal: AbortSignal | undefined;
}
