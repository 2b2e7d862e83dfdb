import type { Socket } from 'node:net';

/** What this store uses of a `pg.Client`, for Knex hands its connections out untyped. */
export interface PostgresConnection {
  readonly host: string;
  readonly port: number;
  /** The server process and the key that a CancelRequest must name. */
  readonly processID: number;
  readonly secretKey: number;
  readonly connection: { readonly stream: Pick<Socket, 'cork' | 'uncork' | 'destroy'> };
  /** `I` idle, `T` in a transaction, `E` in a failed one, null before the first statement. */
  getTransactionStatus(): 'I' | 'T' | 'E' | null;
  once(event: 'end', listener: () => void): unknown;
  query(query: string | NativeQuery): Promise<NativeResult>;
}

/** A statement in PostgreSQL's own terms; with a name it is prepared once per connection. */
export interface NativeQuery {
  readonly name?: string;
  readonly text: string;
  readonly values: readonly unknown[];
}

/** What a statement gave. */
export interface NativeResult {
  /** The first word of what the server says was done: `ROLLBACK` for a COMMIT after a statement that failed. */
  readonly command: string;
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}
