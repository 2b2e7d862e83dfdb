/** What one suite did on one port. */
export interface SuiteResult {
  readonly suite: string;
  readonly port: string;
  readonly passed: number;
  readonly failed: number;
  /** Failed, and known to: not ours. */
  readonly failedAsKnown: number;
  /** Why the run fails though the counts may look right, or which cases failed; empty when all is as it should be. */
  readonly complaints: readonly string[];
}
