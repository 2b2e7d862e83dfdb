import { Bulkhead, TandemError, within } from '@tandem/rpc';
import knexModule, { type Knex } from 'knex';
import { explainConnectFailure } from './explain-connect-failure.ts';
import type { PostgresConnection } from './postgres-connection.ts';
import { explainDriverError, ServerReadOnly, storeUnavailable } from './postgres-errors.ts';
import { Lease, type LeaseBounds, type SlowStatements } from './postgres-lease.ts';

const { knex: createKnex } = knexModule;

/** How the users database is reached. */
export interface PostgresPoolOptions {
  readonly url: string;
  /** Whether a server that takes no writes will do, as for reads that may lag. Default false: only a primary. */
  readonly acceptsReadOnly?: boolean;
  /** Connections that are kept open. */
  readonly size: number;
  /** How many more there may be under load; they are closed when idle. */
  readonly overflow: number;
  /** Shown by the server in `pg_stat_activity`. */
  readonly applicationName?: string;
  /** Default: nobody hears. */
  readonly slowStatements?: SlowStatements | undefined;
}

/** For each connection: at some milliseconds a statement, what it can serve while a caller has patience. */
const queueLimitPerConnection = 32;
/** All connections lent, and nothing heard from the server for so long: exhausted. Leaves time to say so within 250 ms. */
const maxStallMs = 200;
const maxWaitMs = 2_000;
const connectTimeoutMs = 2_000;
const maxLifetimeMs = 30 * 60_000;
const lifetimeJitterMs = 5 * 60_000;
const freshForMs = 1_000;
const validateTimeoutMs = 500;
const closeTimeoutMs = 500;

/**
 * Bounds that the server itself keeps, whatever becomes of us; and no scan of a whole table where an index serves: a
 * prepared statement keeps the plan from when its table was small until the next ANALYZE, however the table has grown.
 */
const sessionSettings = {
  enable_seqscan: 'off',
  statement_timeout: '10s',
  lock_timeout: '2s',
  idle_in_transaction_session_timeout: '3s',
  transaction_timeout: '10s',
  client_connection_check_interval: '1s',
  TimeZone: 'UTC',
};

/** A bounded pool of connections to a server, one that takes writes unless it is said otherwise. */
export class PostgresPool implements AsyncDisposable {
  readonly knex: Knex;
  readonly #url: string;
  readonly #acceptsReadOnly: boolean;
  readonly #slowStatements: SlowStatements | undefined;
  readonly #gate: Bulkhead;
  readonly #unfit = new WeakSet<PostgresConnection>();
  readonly #usedAt = new WeakMap<PostgresConnection, number>();
  readonly #connections = new Set<PostgresConnection>();
  readonly #leases = new Set<Lease>();
  #acquiring = 0;
  #progressedAt = 0;
  #closed = false;

  constructor(options: PostgresPoolOptions) {
    const max = options.size + options.overflow;
    this.#url = options.url;
    this.#acceptsReadOnly = options.acceptsReadOnly ?? false;
    this.#slowStatements = options.slowStatements;
    const queueLimit = max * queueLimitPerConnection;
    const progressedAt = () => this.#whenProgressed();
    this.#gate = new Bulkhead({
      concurrency: max,
      queueLimit,
      maxStallMs,
      maxWaitMs,
      progressedAt,
      refuse: overloaded,
    });
    this.knex = createKnex({
      client: 'pg',
      connection: toConnectionSettings(options),
      acquireConnectionTimeout: connectTimeoutMs,
      pool: {
        min: Math.min(options.size, max),
        max,
        maxConnectionLifetimeMillis: maxLifetimeMs,
        maxConnectionLifetimeJitterMillis: lifetimeJitterMs,
        afterCreate: (connection: PostgresConnection, done: (error?: Error) => void) => {
          this.#remember(connection);
          this.#admit(connection).then(() => done(), done);
        },
        validate: (connection: PostgresConnection) => this.#validate(connection),
      } as Knex.PoolConfig,
      log: silentLog,
    });
  }

  /**
   * Lends a connection to `work` and takes it back when it is over. A burst waits its turn, at most 2 s; `OVERLOADED` is
   * a wait in which for 200 ms all connections were lent and no statement on them was answered, or one behind 32 others
   * for each connection.
   */
  async lease<T>(bounds: LeaseBounds, work: (lease: Lease) => Promise<T>): Promise<T> {
    const leave = await this.#gate.enter(bounds.signal);
    try {
      const connection = await this.#acquire();
      try {
        await using lease = this.#lend(connection, bounds);
        return await this.#work(lease, work);
      } finally {
        this.#usedAt.set(connection, performance.now());
        await this.#client.releaseConnection(connection);
      }
    } finally {
      leave();
    }
  }

  /** @throws an error of one line for a person when no connection can be had; for the start */
  async assertReachable(): Promise<void> {
    try {
      await this.#client.releaseConnection(await this.#client.acquireConnection());
    } catch (error) {
      throw new Error(`USERS_DATABASE_URL: ${explainConnectFailure(error, this.#url)}`);
    }
  }

  /** Cuts what is still lent and closes the rest; what a silent server does not close in half a second is cut too. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    for (const lease of this.#leases) lease.cut(storeUnavailable());
    const closed = this.knex.destroy();
    await within(
      closeTimeoutMs,
      closed.catch(() => {}),
    );
    for (const connection of this.#connections) connection.connection.stream.destroy();
  }

  #lend(connection: PostgresConnection, { deadline, signal }: LeaseBounds): Lease {
    const onAnswer = () => this.#noteProgress();
    return new Lease(this.knex, connection, { deadline, signal, slowStatements: this.#slowStatements, onAnswer });
  }

  #noteProgress(): void {
    this.#progressedAt = performance.now();
  }

  /** A place whose connection is still being opened, or looked at, is not lent: a slow machine, not an exhausted pool. */
  #whenProgressed(): number {
    return this.#acquiring > 0 ? performance.now() : this.#progressedAt;
  }

  get #client(): KnexClient {
    return this.knex.client;
  }

  #remember(connection: PostgresConnection): void {
    this.#connections.add(connection);
    connection.once('end', () => this.#connections.delete(connection));
  }

  async #work<T>(lease: Lease, work: (lease: Lease) => Promise<T>): Promise<T> {
    this.#leases.add(lease);
    try {
      return await work(lease);
    } catch (error) {
      if (error instanceof ServerReadOnly) this.#evictAll();
      throw error;
    } finally {
      this.#leases.delete(lease);
      this.#judge(lease);
    }
  }

  /** They lead to the same server: each would fail another call. Those that are lent go when they come back. */
  #evictAll(): void {
    for (const connection of this.#connections) this.#unfit.add(connection);
  }

  async #acquire(): Promise<PostgresConnection> {
    if (this.#closed) throw storeUnavailable();
    this.#acquiring += 1;
    try {
      return await this.#client.acquireConnection();
    } catch (error) {
      throw explainDriverError(error, 'connect');
    } finally {
      this.#acquiring -= 1;
      this.#noteProgress();
    }
  }

  #judge(lease: Lease): void {
    if (lease.isReusable) return;
    this.#unfit.add(lease.connection);
    lease.connection.connection.stream.destroy();
  }

  async #admit(connection: PostgresConnection): Promise<void> {
    try {
      if (!(await this.#isFit(connection))) throw new ServerReadOnly();
    } catch (error) {
      connection.connection.stream.destroy();
      throw error;
    }
  }

  async #isFit(connection: PostgresConnection): Promise<boolean> {
    const { rows } = await connection.query('SHOW transaction_read_only');
    return this.#acceptsReadOnly || rows[0]?.transaction_read_only === 'off';
  }

  /** Cheap while a connection is in use; one that rested is asked whether its server still takes writes. */
  async #validate(connection: PostgresConnection): Promise<boolean> {
    if (this.#unfit.has(connection)) return false;
    if (performance.now() - (this.#usedAt.get(connection) ?? 0) < freshForMs) return true;
    const timer = setTimeout(() => connection.connection.stream.destroy(), validateTimeoutMs);
    try {
      return await this.#isFit(connection);
    } catch {
      return false;
    } finally {
      clearTimeout(timer);
    }
  }
}

interface KnexClient {
  acquireConnection(): Promise<PostgresConnection>;
  releaseConnection(connection: PostgresConnection): Promise<void>;
}

/** Knex would print statements and errors of the driver; what went wrong is told by our errors. */
const silentLog = { debug: () => {}, deprecate: () => {}, error: () => {}, warn: () => {} };

/** What pg takes and Knex's types do not know yet. */
type ConnectionSettings = Knex.PgConnectionConfig & { readonly pipeline: boolean };

/** How every connection of the service is opened, by whatever library. */
export function toConnectionSettings({
  url,
  applicationName = 'tandem-users',
}: Pick<PostgresPoolOptions, 'url' | 'applicationName'>): ConnectionSettings {
  const settings = Object.entries(sessionSettings).map(([name, value]) => `-c ${name}=${value}`);
  // pg prefers what the URL says to what stands beside it.
  const bare = new URL(url);
  const ownOptions = bare.searchParams.get('options');
  bare.searchParams.delete('options');
  return {
    connectionString: bare.href,
    options: [...(ownOptions === null ? [] : [ownOptions]), ...settings].join(' '),
    application_name: applicationName,
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    // A statement is sent without waiting for the answer to the one before.
    pipeline: true,
  };
}

function overloaded(): TandemError {
  return new TandemError('OVERLOADED', 'Too many calls wait for the users database; try again a little later.');
}
