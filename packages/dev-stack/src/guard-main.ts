import { rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { holdsWithin } from './holds-within.ts';
import { isProcessAlive } from './is-process-alive.ts';
import type { GuardOrder } from './process-guard.ts';

/**
 * The watcher: reads orders from the pipe that its parent holds. The kernel closes the pipe however the parent ends,
 * kill -9 included; at its end every watched process is ended, and every temporary folder removed.
 */
const KILL_AFTER_MS = 3_000;
const watched = new Map<number, NodeJS.Signals>();
const folders = new Set<string>();

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});

for await (const line of createInterface({ input: process.stdin })) follow(JSON.parse(line));
for (const [pid, signal] of watched) send(pid, signal);
await holdsWithin(allGone, { timeoutMs: KILL_AFTER_MS });
for (const pid of watched.keys()) send(pid, 'SIGKILL');
await holdsWithin(allGone, { timeoutMs: KILL_AFTER_MS });
for (const folder of folders) await rm(folder, { recursive: true, force: true, maxRetries: 10 });

function follow(order: GuardOrder): void {
  if (order.do === 'watch') watched.set(order.pid, order.signal);
  if (order.do === 'forget') watched.delete(order.pid);
  if (order.do === 'remove-folder') folders.add(order.path);
}

function allGone(): boolean {
  return [...watched.keys()].every((pid) => !isProcessAlive(pid));
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    if (isProcessAlive(pid)) process.kill(pid, signal);
  } catch {
    // It ended between the look and the signal.
  }
}
