/** What the load process is told; it answers one `WindowResult` to each. */
export interface WindowOrder {
  /** The name of a workload of the list. */
  readonly workload: string;
  readonly port: number;
  /** The server's processes, for their processor time. */
  readonly pids: readonly number[];
  /** A store's process, for its processor time. */
  readonly storePid: number | undefined;
  readonly windowMs: number;
  readonly users: number;
  readonly posts: number;
  /** The same seed makes the same requests. */
  readonly seed: number;
}

export interface WindowResult {
  /** Calls that were answered within the window. */
  readonly calls: number;
  /** Calls that were answered by OK before, in and after the window. */
  readonly answered: number;
  readonly durationMs: number;
  /** How long each call of the window took, ms. */
  readonly latenciesMs: readonly number[];
  /** Processor time of the server, and of the store that was asked for, within the window; undefined where it cannot be read. */
  readonly serverCpuMs: number | undefined;
  readonly storeCpuMs: number | undefined;
  /** Of the load itself: near the duration, the load was the limit. */
  readonly loadCpuMs: number;
  /** Calls that were not answered rightly, before, in and after the window. */
  readonly failed: number;
  /** What was wrong with the first of them. */
  readonly firstFailure: string | undefined;
  /** Replies that were older than an answer that had come before they were asked for; undefined where nobody looks. */
  readonly stale: number | undefined;
}
