import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { holdsWithin } from '@tandem/dev-stack';
import { afterEach } from 'vitest';

/** How a test starts a program. */
export interface ProcessStart {
  /** A `.ts` file, run by the node that runs the test. */
  readonly file: string;
  readonly args?: readonly string[];
  /** Added to this process's environment; undefined takes a variable away. */
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Resolves when a line of stdout matches this; without it, at once. */
  readonly ready?: RegExp;
  /** Bound for `ready`; default 60 s. */
  readonly timeoutMs?: number;
}

/** A program that a test started. */
export interface TestProcess {
  readonly pid: number;
  /** What `ready` matched, with its groups. */
  readonly match: RegExpExecArray | null;
  /** All lines so far, of both streams. */
  readonly stdout: readonly string[];
  readonly stderr: readonly string[];
  /** The exit code, or the signal that ended it; all output has been read by then. */
  readonly exited: Promise<number | NodeJS.Signals>;
  /** Resolves with the first line of stdout, past or future, that matches. @throws at the bound (default 60 s) or the end */
  waitForLine(pattern: RegExp, timeoutMs?: number): Promise<RegExpExecArray>;
  kill(signal?: NodeJS.Signals): void;
}

/** Starts programs for tests; what still runs after a test is killed. */
export function useProcesses(): { start(start: ProcessStart): Promise<TestProcess> } {
  const running = new Set<ChildProcess>();
  afterEach(async () => {
    await Promise.all([...running].map(killAndWait));
    running.clear();
  });
  return {
    async start(options) {
      const child = spawn(process.execPath, [options.file, ...(options.args ?? [])], {
        cwd: options.cwd,
        env: { ...process.env, ...options.env },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      running.add(child);
      return observe(child, options);
    },
  };
}

async function observe(child: ChildProcess, { file, ready, timeoutMs }: ProcessStart): Promise<TestProcess> {
  const stdout = collectLines(child.stdout);
  const stderr = collectLines(child.stderr);
  let ended = false;
  const exited = once(child, 'close').then(([code, signal]: (number | NodeJS.Signals | null)[]) => {
    ended = true;
    return code ?? signal ?? 0;
  });
  const find = (pattern: RegExp) => {
    const line = stdout.find((candidate) => pattern.test(candidate));
    return line === undefined ? null : pattern.exec(line);
  };
  const waitForLine = async (pattern: RegExp, boundMs = timeoutMs ?? 60_000) => {
    await holdsWithin(() => find(pattern) !== null || ended, { timeoutMs: boundMs });
    const match = find(pattern);
    if (match !== null) return match;
    throw new Error(`${file} printed no ${pattern}; it printed:\n${[...stdout, ...stderr].join('\n')}`);
  };
  const match = ready === undefined ? null : await waitForLine(ready);
  return { pid: child.pid ?? 0, match, stdout, stderr, exited, waitForLine, kill: (signal) => void child.kill(signal) };
}

function collectLines(stream: ChildProcess['stdout']): string[] {
  const lines: string[] = [];
  if (stream !== null) createInterface({ input: stream }).on('line', (line) => lines.push(line));
  return lines;
}

async function killAndWait(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}
