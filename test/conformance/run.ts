/** `npm run conformance`: suites that others wrote, against both ports of packages/rpc. Needs Go, and the network once. */
import { runConnectSuite } from './connect-suite.ts';
import { runInteropSuite } from './interop-suite.ts';
import type { SuiteResult } from './result.ts';
import { prepareTools } from './tools.ts';

function printTable(results: readonly SuiteResult[]): void {
  const rows = results.map(({ suite, port, passed, failed, failedAsKnown }) => [
    suite,
    port,
    `${passed} of ${passed + failed + failedAsKnown}`,
    failedAsKnown > 0 ? `${failedAsKnown} fail as known` : '',
  ]);
  for (const [suite = '', port = '', counts = '', note = ''] of rows) {
    console.log(`${suite.padEnd(20)}${port.padEnd(6)}${counts.padEnd(14)}${note}`.trimEnd());
  }
}

async function runAll(): Promise<boolean> {
  await prepareTools();
  const results = [await runConnectSuite('grpc'), await runConnectSuite('edge'), ...(await runInteropSuite())];
  for (const { suite, port, complaints } of results) {
    for (const complaint of complaints.slice(0, 50)) console.log(`${suite}, ${port}: ${complaint}`);
  }
  printTable(results);
  const passed = results.reduce((sum, result) => sum + result.passed, 0);
  // A complaint without a failed case, such as a case that went missing, fails the run as well.
  const failed = results.reduce((sum, result) => sum + Math.max(result.failed, Math.sign(result.complaints.length)), 0);
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0;
}

// An exit, unlike a signal, ends what was started too.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
try {
  process.exitCode = (await runAll()) ? 0 : 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  console.log('0 passed, 1 failed');
  process.exitCode = 1;
}
