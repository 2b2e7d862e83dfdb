import { runBench } from './bench.ts';
import { type BenchOptions, parseOptions, USAGE } from './options.ts';
import { workloads } from './workloads/list.ts';

const names = workloads.map(({ name }) => name);

function readOptions(): BenchOptions {
  try {
    return parseOptions(process.argv.slice(2), names);
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n${USAGE}`);
    process.exit(1);
  }
}

const options = readOptions();
const chosen = workloads.filter(
  ({ name }) => options.only.length === 0 || options.only.some((begin) => name.startsWith(begin)),
);
try {
  const report = await runBench(chosen, { options, log: (line) => console.error(line) });
  console.log(`\n${report}`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
