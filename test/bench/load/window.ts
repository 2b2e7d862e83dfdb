/** What the load process is told; it answers one `WindowResult` to each. */
export interface WindowOrder {
  /** The name of a workload of the list. */
  readonly workload: string;
  readonly port: number;
  /** The server's process, for its processor time. */
  readonly pid: number;
  readonly windowMs: number;
  readonly users: number;
  /** The same seed makes the same requests. */
  readonly seed: number;
}

export interface WindowResult {
  /** Calls that were answered within the window. */
  readonly calls: number;
  /** Calls that were answered by OK before, in and after the window. */
  readonly answered: number;
  readonly durationMs: number;
  /** Processor time of the server within the window; undefined where it cannot be read. */
  readonly serverCpuMs: number | undefined;
  /** Of the load itself: near the duration, the load was the limit. */
  readonly loadCpuMs: number;
  /** Calls that were not answered rightly, before, in and after the window. */
  readonly failed: number;
  /** What was wrong with the first of them. */
  readonly firstFailure: string | undefined;
}
