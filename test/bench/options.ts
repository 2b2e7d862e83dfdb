import { parseArgs } from 'node:util';

export interface BenchOptions {
  readonly rounds: number;
  readonly windowMs: number;
  readonly users: number;
  readonly posts: number;
  /** What the names of workloads begin with; all when empty. */
  readonly only: readonly string[];
}

export const USAGE = `npm run bench -- [options]
  --rounds N      windows of every side, each compared within its round (default 9; fewer than 6 give no 95 % interval)
  --window-ms N   length of a window (default 1500)
  --users N       users in the database (default 100000)
  --posts N       posts in the larger set (default 200000)
  --only NAME     only workloads whose name begins so; may be repeated`;

/** @throws in one line, with every bad option */
export function parseOptions(args: readonly string[], workloadNames: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string', default: '9' },
      'window-ms': { type: 'string', default: '1500' },
      users: { type: 'string', default: '100000' },
      posts: { type: 'string', default: '200000' },
      only: { type: 'string', multiple: true, default: [] },
    },
  });
  const faults: string[] = [];
  const readCount = (name: 'rounds' | 'window-ms' | 'users' | 'posts', minimum: number): number => {
    const count = Number(values[name]);
    if (!Number.isSafeInteger(count) || count < minimum)
      faults.push(`--${name} must be a whole number from ${minimum}`);
    return count;
  };
  const options = {
    rounds: readCount('rounds', 1),
    windowMs: readCount('window-ms', 100),
    users: readCount('users', 1),
    posts: readCount('posts', 1_000),
    only: values.only,
  };
  const unknown = values.only.filter((begin) => !workloadNames.some((name) => name.startsWith(begin)));
  if (unknown.length > 0)
    faults.push(`--only: no workload ${unknown.join(', ')}; there are ${workloadNames.join(', ')}`);
  if (faults.length > 0) throw new Error(faults.join('; '));
  return options;
}
