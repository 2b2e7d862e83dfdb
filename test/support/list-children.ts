import { execFileSync } from 'node:child_process';

/** The processes that `parent` started and that still run. */
export function listChildren(parent: number): number[] {
  const pairs = execFileSync('ps', ['-eo', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n');
  return pairs
    .map((pair) => pair.trim().split(/\s+/).map(Number))
    .flatMap(([pid = 0, ppid]) => (ppid === parent ? pid : []));
}
