import { execFile } from 'node:child_process';
import { access, constants, readlink, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { pinCommand } from '../machine/placement.ts';

const run = promisify(execFile);

/** Where pgbench is: beside the server's program, else on the PATH (any version speaks to any server). */
export async function findPgbench(postgresPid: number): Promise<string | undefined> {
  const program = await readlink(`/proc/${postgresPid}/exe`).catch(() => undefined);
  const beside = program === undefined ? [] : [dirname(program)];
  for (const folder of [...beside, ...(process.env.PATH ?? '').split(delimiter)]) {
    const candidate = join(folder, 'pgbench');
    const isThere = await access(candidate, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return candidate;
  }
  return undefined;
}

/** One run of a script, as prepared statements over so many connections. @returns transactions per second */
export async function runPgbench(options: {
  program: string;
  url: string;
  scriptFile: string;
  connections: number;
  windowMs: number;
  cpus: string | undefined;
}): Promise<number> {
  const { command, args } = pinCommand(options.cpus, [
    options.program,
    ...['--no-vacuum', '--protocol=prepared', `--file=${options.scriptFile}`],
    ...[`--client=${options.connections}`, '--jobs=1', `--time=${Math.ceil(options.windowMs / 1000)}`],
    options.url,
  ]);
  const { stdout } = await run(command, args);
  return parseTransactionsPerSecond(stdout);
}

/** @throws when pgbench did not say, or says that transactions failed */
export function parseTransactionsPerSecond(output: string): number {
  const found = /^tps = ([\d.]+) \(without initial connection time\)$/m.exec(output)?.[1];
  const failed = /^number of failed transactions: ([1-9]\d*)/m.exec(output)?.[1];
  if (found === undefined || failed !== undefined) throw new Error(`pgbench did not run through: ${output.trim()}`);
  return Number(found);
}

/** Writes a script where pgbench will read it. */
export async function writeScript(options: { folder: string; name: string; script: string }): Promise<string> {
  const file = join(options.folder, `${options.name.replaceAll(/\W+/g, '-')}.sql`);
  await writeFile(file, options.script);
  return file;
}
