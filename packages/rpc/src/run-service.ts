import cluster from 'node:cluster';
import { setTimeout as sleep } from 'node:timers/promises';
import { logVerbosity, setLogVerbosity } from '@grpc/grpc-js';
import { PARTED_AFTER_GRACE_MS } from './drain-server.ts';
import { formatAddress, type ListenAddress } from './listen-address.ts';
import { createLogger } from './logger.ts';
import type { Variables } from './resolve-file-variables.ts';
import type { ServerConfig } from './service-variables.ts';
import { WorkerCrew } from './workers/worker-crew.ts';
import { isWorker, onPrimary, type ServiceAddresses, tellPrimary } from './workers/worker-link.ts';

/** A service that serves. Disposing it drains it where that was not done, then closes its stores. */
export interface Service extends AsyncDisposable {
  readonly grpc: ListenAddress;
  readonly edge: ListenAddress;
  drain(): Promise<void>;
}

/** How a service is started. */
export interface ServiceStart<Config extends Pick<ServerConfig, 'workers' | 'logLevel'>> {
  readonly readConfig: (env: Variables) => Config;
  readonly start: (config: Config) => Promise<Service>;
}

/** How long the stores may take to close. What a silent one still holds ends with the process. */
const CLOSE_MAX_MS = 2_000;

/** How long after its grace a service that was told to stop has ended at the latest, in milliseconds. */
export const STOPPED_AFTER_GRACE_MS = PARTED_AFTER_GRACE_MS + CLOSE_MAX_MS;

/**
 * The life of a service's process: starts it from its variables, prints the one ready line, waits for
 * SIGTERM or SIGINT, drains, closes the stores and exits 0. A start that fails, a defect that nobody caught and a second
 * signal print one line on stderr and exit 1. Where more than one worker is asked for, this process starts them as
 * copies of itself, behind the same ports, and sees to it that they live and end together.
 */
export async function runService<Config extends Pick<ServerConfig, 'workers' | 'logLevel'>>(
  name: string,
  { readConfig, start }: ServiceStart<Config>,
): Promise<never> {
  const stopped = waitForSignal(name);
  exitOnDefect(name);
  // What a library says of a port in use is said by the one line already.
  if (process.env.GRPC_VERBOSITY === undefined) setLogVerbosity(logVerbosity.NONE);
  const config = await orExit(name, () => readConfig(process.env));
  if (config.workers > 1 && cluster.isPrimary) await runCrew(name, { config, stopped });
  else await runAlone(name, { start: () => start(config), stopped });
  process.exit(0);
}

async function runAlone(name: string, { start, stopped }: { start: () => Promise<Service>; stopped: Promise<void> }) {
  const service = await orExit(name, start);
  const { grpc, edge } = service;
  if (isWorker) tellPrimary({ kind: 'ready', addresses: { grpc, edge } });
  else sayReady(name, service);
  await stopped;
  try {
    await service.drain();
    await closeStores(service);
  } catch (error) {
    exitWith(name, `did not end cleanly: ${toLine(error)}`);
  }
}

async function closeStores(service: Service): Promise<void> {
  await Promise.race([service[Symbol.asyncDispose](), sleep(CLOSE_MAX_MS)]);
}

async function runCrew(
  name: string,
  { config, stopped }: { config: Pick<ServerConfig, 'workers' | 'logLevel'>; stopped: Promise<void> },
): Promise<void> {
  const log = createLogger({ name, level: config.logLevel });
  // A worker that cannot start has said why itself; all others end with this process.
  const onLost = (why: string | undefined) => (why === undefined ? process.exit(1) : exitWith(name, why));
  const crew = new WorkerCrew({ log, onLost });
  const addresses = await Promise.race([crew.start(config.workers), stopped]);
  if (addresses !== undefined) sayReady(name, addresses);
  await stopped;
  const failed = await crew.stop();
  if (failed.length > 0) exitWith(name, `did not end cleanly: of its workers some ended with ${failed.join(', ')}`);
}

function sayReady(name: string, { grpc, edge }: ServiceAddresses): void {
  process.stdout.write(`${name} ready grpc=${formatAddress(grpc)} edge=${formatAddress(edge)}\n`);
}

async function orExit<T>(name: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    return exitWith(name, `cannot start: ${toLine(error)}`);
  }
}

/** A second signal means now. A worker is also told by the process that started it: a terminal signals both. */
function waitForSignal(name: string): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let signals = 0;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      signals++;
      if (signals > 1) exitWith(name, `ended at once by a second ${signal}`);
      resolve();
    });
  }
  if (isWorker) onPrimary('drain', () => resolve());
  return promise;
}

function exitOnDefect(name: string): void {
  process.on('uncaughtException', (error) => exitWith(name, `ended by a defect: ${toLine(error.stack ?? error)}`));
  process.on('unhandledRejection', (reason) =>
    exitWith(name, `ended by a defect: ${toLine(reason instanceof Error ? (reason.stack ?? reason) : reason)}`),
  );
}

function exitWith(name: string, line: string): never {
  process.stderr.write(`${name} ${line}\n`);
  process.exit(1);
}

function toLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replaceAll(/\s*\n\s*/g, ' | ');
}
