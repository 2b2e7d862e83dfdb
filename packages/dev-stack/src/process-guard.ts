import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** One line of the pipe to the watcher. */
export type GuardOrder =
  | { do: 'watch'; pid: number; signal: NodeJS.Signals }
  | { do: 'forget'; pid: number }
  | { do: 'remove-folder'; path: string };

const WATCHER = fileURLToPath(new URL('./guard-main.ts', import.meta.url));

/**
 * Ends child processes when this process ends, however it ends: also by SIGKILL, when no handler of its own can run.
 *
 * A separate watcher process reads a pipe from this one; at its end it sends each child its signal, SIGKILL after 3 s to
 * those that are left, and removes the folders given to `removeFolderAtEnd`. Disposing the guard does the same at once.
 */
export class ProcessGuard implements AsyncDisposable {
  readonly #watched = new Map<number, NodeJS.Signals>();
  readonly #folders = new Set<string>();
  #watcher = spawnWatcher();
  #disposed = false;

  constructor() {
    this.#replaceWhenLost();
  }

  /** The watcher's process id; another after one was killed. */
  get watcherPid(): number {
    return this.#watcher.pid ?? 0;
  }

  /**
   * Starts a child in a process group of its own (so that Ctrl-C reaches only this process, which stops its children in
   * order) and watches it.
   *
   * @param child.signal what ends it politely (default SIGTERM)
   * @throws the spawn error, such as ENOENT
   */
  async spawn(child: {
    command: string;
    args: readonly string[];
    signal?: NodeJS.Signals;
    options?: SpawnOptions;
  }): Promise<ChildProcess & { pid: number }> {
    const started = spawn(child.command, child.args, { ...child.options, detached: true });
    const { pid } = started;
    if (pid === undefined) {
      const [error] = await once(started, 'error');
      throw error;
    }
    this.#watched.set(pid, child.signal ?? 'SIGTERM');
    this.#order({ do: 'watch', pid, signal: child.signal ?? 'SIGTERM' });
    started.once('exit', () => this.#forget(pid));
    return Object.assign(started, { pid });
  }

  /** Removes a folder, with all in it, after the last child is gone. */
  removeFolderAtEnd(path: string): void {
    this.#folders.add(path);
    this.#order({ do: 'remove-folder', path });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    const { exitCode, signalCode } = this.#watcher;
    if (exitCode !== null || signalCode !== null) return;
    this.#watcher.ref();
    this.#watcher.stdin?.end();
    await once(this.#watcher, 'exit');
  }

  #forget(pid: number): void {
    this.#watched.delete(pid);
    this.#order({ do: 'forget', pid });
  }

  #order(order: GuardOrder): void {
    if (!this.#disposed) this.#watcher.stdin?.write(`${JSON.stringify(order)}\n`);
  }

  /** A watcher that was killed is started again: without one, the children would outlive this process. */
  #replaceWhenLost(): void {
    this.#watcher.once('exit', () => {
      if (this.#disposed) return;
      this.#watcher = spawnWatcher();
      this.#replaceWhenLost();
      for (const [pid, signal] of this.#watched) this.#order({ do: 'watch', pid, signal });
      for (const path of this.#folders) this.#order({ do: 'remove-folder', path });
    });
  }
}

function spawnWatcher(): ChildProcess {
  const watcher = spawn(process.execPath, [WATCHER], { stdio: ['pipe', 'ignore', 'inherit'], detached: true, env: {} });
  watcher.unref();
  // A write to a watcher that was just killed: 'exit' replaces it and sends everything again.
  watcher.stdin?.on('error', () => {});
  unrefStream(watcher.stdin);
  return watcher;
}

/** A pipe keeps the event loop alive by itself; its type does not show that it is a socket. */
function unrefStream(stream: ChildProcess['stdin']): void {
  if (stream !== null && 'unref' in stream && typeof stream.unref === 'function') stream.unref();
}
