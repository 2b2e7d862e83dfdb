import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { ProcessGuard } from '@tandem/dev-stack';
import { STOPPED_AFTER_GRACE_MS } from '@tandem/rpc';
import type { ServiceName } from '../default-targets.ts';

const START_TIMEOUT_MS = 30_000;
/** A service that is told to stop ends by itself, and says to importers what it has taken; this is for one that cannot. */
const STOP_MARGIN_MS = STOPPED_AFTER_GRACE_MS + 2_000;
const DEFAULT_GRACE_MS = 10_000;

/** How a service is run. */
export interface DevServiceOptions {
  readonly name: ServiceName;
  /** Its main file. */
  readonly main: string;
  readonly env: NodeJS.ProcessEnv;
  readonly guard: ProcessGuard;
  /** Gets what the service prints, and what happens to it. */
  readonly say: (line: string) => void;
}

/** Where a service serves, as its ready line says. */
export interface ServiceAddresses {
  readonly grpc: string;
  readonly edge: string;
}

type Child = Awaited<ReturnType<ProcessGuard['spawn']>>;

/** One service as a child process: started, restarted on demand, stopped in order. */
export class DevService implements AsyncDisposable {
  readonly #options: DevServiceOptions;
  #child: Child | undefined;
  #turn: Promise<void> = Promise.resolve();
  #restartAsked = false;
  #disposed = false;

  constructor(options: DevServiceOptions) {
    this.#options = options;
  }

  /** Starts it and waits until it serves. @throws in one line when it ends before, or does not serve within 30 s */
  async start(): Promise<ServiceAddresses> {
    const child = await this.#spawn();
    this.#child = child;
    if (this.#disposed) child.kill();
    const addresses = await this.#waitForReady(child);
    // Its output ends after it does, and it may have ended in the instant in which it became ready.
    if (hasEnded(child)) this.#tellOfEnd(child);
    else child.once('exit', () => this.#tellOfEnd(child));
    return addresses;
  }

  /** Stops it, started or starting, and starts it again; what fails is said, and the next call tries anew. */
  restart(): void {
    this.#child?.kill();
    if (this.#restartAsked) return;
    this.#restartAsked = true;
    this.#turn = this.#turn.then(() => this.#replace());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    this.#child?.kill();
    await this.#turn;
    await this.#stop();
  }

  async #replace(): Promise<void> {
    this.#restartAsked = false;
    await this.#stop();
    if (this.#disposed) return;
    try {
      const { grpc, edge } = await this.start();
      this.#options.say(`${this.#options.name} restarted grpc=${grpc} edge=${edge}`);
    } catch (error) {
      if (this.#disposed) return;
      this.#options.say(`${(error as Error).message} It is tried again at the next change.`);
    }
  }

  #spawn(): Promise<Child> {
    const { main, env, guard } = this.#options;
    return guard.spawn({
      command: process.execPath,
      args: [main],
      options: { env, stdio: ['ignore', 'pipe', 'pipe'] },
    });
  }

  /** Until it serves, what it prints is kept back: of a service that cannot start, its own last word is enough. */
  async #waitForReady(child: Child): Promise<ServiceAddresses> {
    const { name, say } = this.#options;
    const held: string[] = [];
    const ready = Promise.withResolvers<ServiceAddresses>();
    let print = (line: string): void => {
      held.push(line);
    };
    for (const stream of [child.stdout, child.stderr]) {
      if (stream !== null) createInterface({ input: stream }).on('line', (line) => read(line));
    }
    const read = (line: string) => {
      const addresses = parseReadyLine({ name, line });
      if (addresses === undefined) print(line);
      else ready.resolve(addresses);
    };
    const timer = setTimeout(() => ready.reject(new Error(`${name} did not serve within 30 s.`)), START_TIMEOUT_MS);
    child.once('close', () => ready.reject(explainEnd({ name, end: nameEnd(child), held })));
    try {
      const addresses = await ready.promise;
      for (const line of held) say(`${name} | ${line}`);
      print = (line) => say(`${name} | ${line}`);
      return addresses;
    } finally {
      clearTimeout(timer);
    }
  }

  #tellOfEnd(child: Child): void {
    if (this.#child !== child || this.#restartAsked || this.#disposed) return;
    this.#child = undefined;
    this.#options.say(
      `${this.#options.name} ended by itself (${nameEnd(child)}). It is started again at the next change.`,
    );
  }

  async #stop(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || hasEnded(child)) return;
    const graceMs = Number(this.#options.env.SHUTDOWN_GRACE_MS || DEFAULT_GRACE_MS) + STOP_MARGIN_MS;
    const killer = setTimeout(() => child.kill('SIGKILL'), graceMs);
    // A service takes a second signal for «at once».
    if (!child.killed) child.kill();
    await once(child, 'exit');
    clearTimeout(killer);
  }
}

/** `users ready grpc=127.0.0.1:50051 edge=127.0.0.1:8051` */
function parseReadyLine({ name, line }: { name: string; line: string }): ServiceAddresses | undefined {
  const [, service, grpc, edge] = /^(\w+) ready grpc=(\S+) edge=(\S+)$/.exec(line) ?? [];
  return service === name && grpc !== undefined && edge !== undefined ? { grpc, edge } : undefined;
}

function hasEnded(child: Child): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/** The exit code, or the signal that ended it. */
function nameEnd(child: Child): number | string {
  return child.exitCode ?? child.signalCode ?? 0;
}

function explainEnd({ name, end, held }: { name: string; end: number | string; held: readonly string[] }): Error {
  // Of a crash: neither its trace nor the version that node prints after it.
  const told = held.filter((line) => !/^\s|^$|^Node\.js v/.test(line));
  const word = told.findLast((line) => /error\b/i.test(line)) ?? told.at(-1) ?? 'it printed nothing.';
  return new Error(`${name} did not start (${end}): ${word.trim()}`);
}
