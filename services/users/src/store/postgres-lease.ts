import { TandemError } from '@tandem/rpc';
import type { Knex } from 'knex';
import { sendCancelRequest } from './postgres-cancel.ts';
import type { NativeQuery, PostgresConnection } from './postgres-connection.ts';
import { explainDriverError, storeUnavailable } from './postgres-errors.ts';

/** A statement that is prepared once per connection: one name, one text. Placeholders are `?`. */
export interface Statement {
  readonly name: string;
  readonly sql: string;
  /** False: planned at each run, for what it is given. Default true. */
  readonly prepared?: boolean;
}

/** Where statements run: a connection for the time of one piece of work, inside a transaction or not. */
export interface Session {
  readonly knex: Knex;
  /** Runs a statement. */
  rows<Row>(statement: Statement, bindings: readonly unknown[]): Promise<Row[]>;
  /** Sends the last statement of a transaction: COMMIT follows at once, and tells of its failure. */
  sendLast(statement: Statement, bindings: readonly unknown[]): void;
  /** Runs a query that was built for once; `name` is for errors. */
  run<Result>(name: string, query: Knex.QueryBuilder<object, Result>): Promise<Result>;
  /** Keeps the id of the open transaction, by which a lost answer to COMMIT can be settled. */
  noteTransactionId(id: string): void;
}

/** Until when, and for whom. */
export interface LeaseBounds {
  /** Milliseconds since the epoch. */
  readonly deadline: number;
  readonly signal?: AbortSignal | undefined;
}

/** Who hears of statements that take long; never of their values. */
export interface SlowStatements {
  readonly thresholdMs: number;
  report(slow: { readonly statement: string; readonly durationMs: number }): void;
}

export interface LeaseOptions extends LeaseBounds {
  /** Default: nobody hears. */
  readonly slowStatements?: SlowStatements | undefined;
  /** Called whenever a statement was answered. Default: nobody hears. */
  readonly onAnswer?: (() => void) | undefined;
}

const texts = new WeakMap<Statement, string>();

/** Nobody keeps a connection longer, with no deadline either; above the server's own bound on transactions (10 s). */
const maxLeaseMs = 15_000;
const resendCancelMs = 100;
/** What has not come back this long after it was cancelled never will. */
const killAfterMs = 1_000;

/** One borrowing of a connection. Ends what runs on it when its time is over, and cuts it when that does not help. */
export class Lease implements Session, AsyncDisposable {
  readonly knex: Knex;
  readonly connection: PostgresConnection;
  transactionId: string | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #slowStatements: SlowStatements | undefined;
  readonly #onAnswer: (() => void) | undefined;
  readonly #onAbort = () => this.#abort(this.#signal?.reason);
  #timer: NodeJS.Timeout;
  #abortReason: Error | undefined;
  #cancelling: Promise<void> | undefined;
  #begun: Promise<unknown> | undefined;
  #last: Promise<unknown> | undefined;
  #running = 0;
  #killed = false;

  constructor(
    knex: Knex,
    connection: PostgresConnection,
    { deadline, signal, slowStatements, onAnswer }: LeaseOptions,
  ) {
    this.knex = knex;
    this.connection = connection;
    this.#signal = signal;
    this.#slowStatements = slowStatements;
    this.#onAnswer = onAnswer;
    const leftMs = deadline - Date.now();
    const overdue = leftMs < maxLeaseMs ? deadlineExceeded : storeUnavailable;
    this.#timer = setTimeout(() => this.#abort(overdue()), Math.max(0, Math.min(leftMs, maxLeaseMs)));
    signal?.addEventListener('abort', this.#onAbort, { once: true });
    if (signal?.aborted) this.#onAbort();
  }

  async rows<Row>(statement: Statement, bindings: readonly unknown[]): Promise<Row[]> {
    const query = this.#toQuery(statement, bindings);
    const { rows } = await this.#track(statement.name, () => this.connection.query(query));
    return rows as readonly unknown[] as Row[];
  }

  sendLast(statement: Statement, bindings: readonly unknown[]): void {
    // Told here, not by the promise: what is not sent must not be followed by COMMIT.
    if (this.#abortReason !== undefined) throw this.#abortReason;
    const query = this.#toQuery(statement, bindings);
    this.#sendTogether();
    this.#last = this.#track(statement.name, () => this.connection.query(query));
    this.#last.catch(() => {});
  }

  /** Opens a transaction. Nobody waits for the answer: it comes before that of the next statement, which fails if this does. */
  begin(): void {
    this.#sendTogether();
    this.#begun = this.connection.query('BEGIN');
    this.#begun.catch(() => {});
  }

  /** What is sent until this turn ends leaves in one packet. */
  #sendTogether(): void {
    const { stream } = this.connection.connection;
    stream.cork();
    process.nextTick(() => stream.uncork());
  }

  /** What `sendLast` has sent; rejects where it failed. */
  get last(): Promise<unknown> | undefined {
    return this.#last;
  }

  run<Result>(name: string, query: Knex.QueryBuilder<object, Result>): Promise<Result> {
    return this.#track(name, () => query.connection(this.connection)) as Promise<Result>;
  }

  noteTransactionId(id: string): void {
    this.transactionId = id;
  }

  /** Has a statement told that was sent at `startedAt` (`performance.now()`) and is over now, if it took long. */
  tellIfSlow(statement: string, startedAt: number): void {
    const slow = this.#slowStatements;
    if (slow === undefined) return;
    const durationMs = Math.round(performance.now() - startedAt);
    if (durationMs >= slow.thresholdMs) slow.report({ statement, durationMs });
  }

  /** Why the work was ended from outside, if it was. */
  get abortReason(): Error | undefined {
    return this.#abortReason;
  }

  /** Whether the connection may serve the next borrower. */
  get isReusable(): boolean {
    const status = this.connection.getTransactionStatus();
    return !this.#killed && (status === 'I' || status === null);
  }

  /** Ends the borrowing at once, and the connection with it. */
  cut(reason: Error): void {
    this.#abortReason ??= reason;
    this.#kill();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#timer);
    this.#signal?.removeEventListener('abort', this.#onAbort);
    await this.#cancelling;
  }

  #toQuery(statement: Statement, bindings: readonly unknown[]): NativeQuery {
    const { name, prepared = true } = statement;
    if (bindings.includes(undefined)) throw new Error(`${name} is given undefined; give null where that is meant.`);
    const query = { text: this.#textOf(statement), values: bindings };
    return prepared ? { ...query, name } : query;
  }

  /** With PostgreSQL's own placeholders, which Knex would put in at each run. */
  #textOf(statement: Statement): string {
    const text = texts.get(statement) ?? this.knex.client.positionBindings(statement.sql);
    texts.set(statement, text);
    return text;
  }

  async #track<Result>(name: string, send: () => PromiseLike<Result>): Promise<Result> {
    if (this.#abortReason !== undefined) throw this.#abortReason;
    this.#running += 1;
    const startedAt = performance.now();
    try {
      return await send();
    } catch (error) {
      throw this.#abortReason ?? explainDriverError(error, name);
    } finally {
      this.#running -= 1;
      this.#onAnswer?.();
      this.tellIfSlow(name, startedAt);
      // A cancel on its way must not hit what comes next on this connection.
      await this.#cancelling;
    }
  }

  #abort(reason: Error): void {
    if (this.#abortReason !== undefined) return;
    this.#abortReason = reason;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#kill(), killAfterMs);
    if (this.#running > 0) this.#cancelling = this.#cancel();
  }

  /**
   * Again and again: a cancel that overtakes its statement finds nothing to end. Never while BEGIN runs: the statement
   * behind it would commit by itself.
   */
  async #cancel(): Promise<void> {
    await this.#begun?.catch(() => {});
    while (this.#running > 0 && !this.#killed) {
      await sendCancelRequest(this.connection);
      if (this.#running > 0) await new Promise((resolve) => setTimeout(resolve, resendCancelMs));
    }
  }

  #kill(): void {
    this.#killed = true;
    this.connection.connection.stream.destroy();
  }
}

function deadlineExceeded(): TandemError {
  return new TandemError('DEADLINE_EXCEEDED', 'The time of the call is over; try again with more.');
}
