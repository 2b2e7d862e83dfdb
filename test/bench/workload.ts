import type { BenchStores } from './stores/bench-stores.ts';

/** A request, encoded before the clock runs, and the test of its reply. */
export interface LoadRequest {
  /** The message, or those of a stream. */
  readonly message: Uint8Array | readonly Uint8Array[];
  /** What is wrong with the reply message; undefined when it is right. Asked of one reply in 50. */
  readonly findFault: (reply: Uint8Array) => string | undefined;
  /** Of a workload of several methods. Default: the workload's. */
  readonly path?: string;
  /**
   * Called when it is sent; what it gives is called with the reply, and says whether that was older than an answer that had
   * come before it was sent. Default: nobody looks.
   */
  readonly watchAge?: () => (reply: Uint8Array) => boolean;
}

/** What a window's requests are made from. */
export interface RequestSource {
  /** How many users there are; `nameUser` gives the id of each. */
  readonly users: number;
  /** How many posts the largest set has. */
  readonly posts: number;
  /** Numbers in [0, 1), other ones in each window, the same for every side of a round. */
  readonly random: () => number;
}

/** A program that serves gRPC and prints `… grpc=HOST:PORT` on a line once it does. */
export interface ServerProgram {
  /** Unique; a program of several workloads is started once. */
  readonly name: string;
  readonly file: URL;
  /** The users service that it asks: started before it, and its processor time counted with its own. */
  readonly users?: ServerProgram;
  /** Fills the stores for it, before it starts. */
  seed?(stores: BenchStores): Promise<void>;
  env(stores: BenchStores, usersTarget: string): Record<string, string>;
}

/** What no server can beat: another server that does less, or the database asked without a server between. */
export type Limit =
  | { readonly kind: 'server'; readonly name: string; readonly program: ServerProgram }
  | { readonly kind: 'pgbench'; readonly name: string; script(stores: BenchStores): string }
  /** Inserts as many rows as a window takes in, and tells how long that took, ms. */
  | {
      readonly kind: 'inserts';
      readonly name: string;
      insert(stores: BenchStores, source: RequestSource): Promise<number>;
    };

/** Looks at the stores after a window, and may note what it counts. @throws when they do not hold what the replies said */
export type CheckWindow = (window: {
  readonly answered: number;
  readonly note: (counts: WindowCounts) => void;
}) => Promise<void>;

/** What is counted of a window beside its calls. */
export interface WindowCounts {
  /** How often the database was asked, for each time that a key was deleted. */
  readonly readsPerDeletion?: number;
}

/** One line of the table. To add one: a file in `workloads/`, and its name in `workloads/list.ts`. */
export interface Workload {
  readonly name: string;
  /** Said below the table: what is compared, and what to think of. */
  readonly notes: readonly string[];
  /** The method's path, as `/package.Service/Method`. */
  readonly path: string;
  readonly ours: ServerProgram;
  /** By the heading of their column. */
  readonly peers: Readonly<Record<string, ServerProgram>>;
  readonly limits: readonly Limit[];
  /** Default 4. */
  readonly connections?: number;
  /** Calls in flight on each connection; default 16. Writes have fewer than ours has database connections: to wait for one is refused after 250 ms. */
  readonly inFlightPerConnection?: number;
  /** The store whose processor time is told: it is one process, as PostgreSQL is not. */
  readonly store?: 'mongodb';
  /** The requests of one window, sent in this order, round and round. */
  makeRequests(source: RequestSource): LoadRequest[];
  /** Makes a window as long as one call, that of the first request, and counts not calls but the rows that it takes in. */
  countRows?(source: Omit<RequestSource, 'random'>): number;
  /** What is put in order before every window, of every side; may give what is looked at after it. */
  prepareWindow?(stores: BenchStores): Promise<CheckWindow | undefined>;
}
