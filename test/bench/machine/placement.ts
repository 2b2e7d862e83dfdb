import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Which core each part runs on; undefined where nothing can be pinned. */
export interface Placement {
  readonly server: string | undefined;
  readonly load: string | undefined;
  readonly stores: string | undefined;
  /** The same for a reader. */
  readonly description: string;
}

/** The server under test has a core for itself; the load has another, and shares it with the stores where there are only two. */
export function choosePlacement(cpus: readonly number[]): Placement {
  const [server, load, ...others] = cpus.map(String);
  if (server === undefined || load === undefined) {
    return { server, load: server, stores: server, description: 'one core: server, load and stores share it' };
  }
  if (others.length === 0) {
    const description = `server on core ${server}; load and stores on core ${load}`;
    return { server, load, stores: load, description };
  }
  const stores = others.join(',');
  return { server, load, stores, description: `server on core ${server}; load on core ${load}; stores on the others` };
}

/** Looks at this machine: what this process may use, and whether `taskset` is there. */
export async function readPlacement(): Promise<Placement> {
  try {
    const [status] = await Promise.all([readFile('/proc/self/status', 'utf8'), run('taskset', ['--version'])]);
    return choosePlacement(parseCpuList(/^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1] ?? ''));
  } catch {
    const description = 'nothing pinned: there is no taskset here, so that server and load may disturb each other';
    return { server: undefined, load: undefined, stores: undefined, description };
  }
}

/** Reads `0-2,5` as Linux writes it. */
export function parseCpuList(text: string): number[] {
  return text.split(',').flatMap((range) => {
    const [first = Number.NaN, last = first] = range.split('-').map((number) => Number.parseInt(number, 10));
    return Number.isNaN(first) ? [] : Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

/** The command that runs another on these cores; the same process, so that its id and its pipes stay. */
export function pinCommand(cpus: string | undefined, command: readonly string[]): { command: string; args: string[] } {
  const [first = '', ...rest] = cpus === undefined ? command : ['taskset', '-c', cpus, ...command];
  return { command: first, args: rest };
}

/** Moves a running process, all its threads and all it will start. */
export async function pinProcess(cpus: string | undefined, pid: number): Promise<void> {
  if (cpus !== undefined) await run('taskset', ['--all-tasks', '--cpu-list', '--pid', cpus, String(pid)]);
}
