import { setTimeout as sleep } from 'node:timers/promises';
import { logVerbosity, setLogVerbosity } from '@grpc/grpc-js';
import { PARTED_AFTER_GRACE_MS } from './drain-server.ts';
import { formatAddress, type ListenAddress } from './listen-address.ts';
import type { Variables } from './resolve-file-variables.ts';

/** A service that serves. Disposing it drains it where that was not done, then closes its stores. */
export interface Service extends AsyncDisposable {
  readonly grpc: ListenAddress;
  readonly edge: ListenAddress;
  drain(): Promise<void>;
}

/** How long the stores may take to close. What a silent one still holds ends with the process. */
const CLOSE_MAX_MS = 2_000;

/** How long after its grace a service that was told to stop has ended at the latest, in milliseconds. */
export const STOPPED_AFTER_GRACE_MS = PARTED_AFTER_GRACE_MS + CLOSE_MAX_MS;

/**
 * The life of a service's process: starts it from its variables, prints the one ready line, waits for
 * SIGTERM or SIGINT, drains, closes the stores and exits 0. A start that fails, a defect that nobody caught and a second
 * signal print one line on stderr and exit 1.
 */
export async function runService(name: string, start: (env: Variables) => Promise<Service>): Promise<never> {
  const signalled = waitForSignal(name);
  exitOnDefect(name);
  // What a library says of a port in use is said by the one line already.
  if (process.env.GRPC_VERBOSITY === undefined) setLogVerbosity(logVerbosity.NONE);
  const service = await startOrExit(name, start);
  process.stdout.write(`${name} ready grpc=${formatAddress(service.grpc)} edge=${formatAddress(service.edge)}\n`);
  await signalled;
  try {
    await service.drain();
    await closeStores(service);
  } catch (error) {
    exitWith(name, `did not end cleanly: ${toLine(error)}`);
  }
  process.exit(0);
}

async function closeStores(service: Service): Promise<void> {
  const overdue = sleep(CLOSE_MAX_MS);
  await Promise.race([service[Symbol.asyncDispose](), overdue]);
}

async function startOrExit(name: string, start: (env: Variables) => Promise<Service>): Promise<Service> {
  try {
    return await start(process.env);
  } catch (error) {
    return exitWith(name, `cannot start: ${toLine(error)}`);
  }
}

/** A second signal means now. */
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
