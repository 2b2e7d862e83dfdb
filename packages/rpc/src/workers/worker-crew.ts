import cluster, { type Worker } from 'node:cluster';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Logger } from '../logger.ts';
import { redistributeConnections } from './redistribute-connections.ts';
import { serveMetricsOf } from './serve-metrics.ts';
import { type ServiceAddresses, tellWorker, type WorkerMessage } from './worker-link.ts';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 10_000;
/** A worker that served for so long was none of those that die at once. */
const STEADY_MS = 10_000;

/** What a crew is made of. */
export interface WorkerCrewOptions {
  readonly log: Pick<Logger, 'warn'>;
  /** Called once, where the crew cannot go on; why, or undefined where a worker has said it. */
  readonly onLost: (why: string | undefined) => void;
}

/** The processes that serve behind one port: each that dies is replaced, after a pause that grows while they die at once. */
export class WorkerCrew {
  readonly #options: WorkerCrewOptions;
  readonly #workers = new Map<Worker, Promise<number | string>>();
  readonly #serving = new Map<number, Worker>();
  #addresses: ServiceAddresses | undefined;
  #stopping = false;

  constructor(options: WorkerCrewOptions) {
    this.#options = options;
  }

  /**
   * Starts so many workers, one after another, so that of a start that fails one tells why.
   *
   * @returns where they serve; undefined where they do not
   */
  async start(count: number): Promise<ServiceAddresses | undefined> {
    for (let slot = 0; slot < count && !this.#stopping; slot++) {
      if (await this.#fork(slot)) continue;
      if (!this.#stopping) this.#options.onLost(undefined);
      return undefined;
    }
    return this.#addresses;
  }

  /** Has each worker drain and end. @returns how those ended that did not exit with 0 */
  async stop(): Promise<(number | string)[]> {
    this.#stopping = true;
    for (const worker of this.#workers.keys()) tellWorker(worker, { kind: 'drain' });
    const ends = await Promise.all(this.#workers.values());
    return ends.filter((end) => end !== 0);
  }

  /** Whether the worker came to serve. */
  async #fork(slot: number, failures = 0): Promise<boolean> {
    const worker = cluster.fork();
    const { promise: ended, resolve } = Promise.withResolvers<number | string>();
    worker.once('exit', (code, signal) => resolve(signal ?? code));
    worker.once('error', (error) => resolve(error.message));
    this.#workers.set(worker, ended);
    redistributeConnections(worker);
    serveMetricsOf(worker, this.#serving);
    const served = Promise.race([untilReady(worker), ended.then(() => undefined)]);
    void this.#watch(slot, { worker, ended, served, failures });
    const addresses = await served;
    if (addresses !== undefined) this.#take(addresses);
    return addresses !== undefined;
  }

  async #watch(slot: number, { worker, ended, served, failures }: Watched): Promise<void> {
    const isServing = (await served) !== undefined;
    if (isServing) this.#serving.set(slot, worker);
    const servesSince = Date.now();
    const end = await ended;
    this.#workers.delete(worker);
    if (!isServing) return;
    this.#serving.delete(slot);
    await this.#replace(slot, end, Date.now() - servesSince > STEADY_MS ? 0 : failures + 1);
  }

  async #replace(slot: number, end: number | string, failures: number): Promise<void> {
    for (let tries = failures; !this.#stopping; tries++) {
      const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** Math.max(tries - 1, 0), LONGEST_PAUSE_MS);
      this.#options.log.warn({ worker: slot, end, pauseMs }, 'a worker ended by itself; another is started');
      await sleep(pauseMs);
      if (this.#stopping || (await this.#fork(slot, tries))) return;
      if (this.#serving.size === 0 && !this.#stopping) this.#options.onLost(undefined);
    }
  }

  /** With port 0 a port is kept only while a worker listens on it. */
  #take(addresses: ServiceAddresses): void {
    this.#addresses ??= addresses;
    if (this.#stopping || isDeepStrictEqual(addresses, this.#addresses)) return;
    this.#options.onLost('all workers had ended, and their ports went with them: give ports other than 0.');
  }
}

interface Watched {
  readonly worker: Worker;
  readonly ended: Promise<number | string>;
  readonly served: Promise<ServiceAddresses | undefined>;
  readonly failures: number;
}

function untilReady(worker: Worker): Promise<ServiceAddresses> {
  return new Promise((resolve) => {
    worker.on('message', (message: WorkerMessage) => {
      if (message.kind === 'ready') resolve(message.addresses);
    });
  });
}
