import cluster, { type Worker } from 'node:cluster';
import type { Service } from '../run-service.ts';

/** Where a service serves. */
export type ServiceAddresses = Pick<Service, 'grpc' | 'edge'>;

/** What a worker tells the process that started it. */
export type WorkerMessage =
  | { readonly kind: 'ready'; readonly addresses: ServiceAddresses }
  /** `ofAll`: the names of metrics that are the same in every worker. */
  | { readonly kind: 'metricsWanted'; readonly id: number; readonly ofAll: readonly string[] }
  | { readonly kind: 'metrics'; readonly id: number; readonly text: string };

/** What it is told. */
export type PrimaryMessage =
  | { readonly kind: 'drain' }
  | { readonly kind: 'metricsWanted'; readonly id: number }
  | { readonly kind: 'metrics'; readonly id: number; readonly text: string };

/** Whether this process is one of several that `WORKERS` asked for. */
export const isWorker = cluster.isWorker;

/** Tells the process that started this one. Without effect where that is gone: this one ends with it. */
export function tellPrimary(message: WorkerMessage): void {
  process.send?.(message, undefined, {}, () => {});
}

/** Calls back with each message of a kind from the process that started this one. */
export function onPrimary<K extends PrimaryMessage['kind']>(
  kind: K,
  hear: (message: Extract<PrimaryMessage, { kind: K }>) => void,
): void {
  process.on('message', (message: PrimaryMessage) => {
    if (message.kind === kind) hear(message as Extract<PrimaryMessage, { kind: K }>);
  });
}

/** Tells a worker. Without effect where it is gone. */
export function tellWorker(worker: Worker, message: PrimaryMessage): void {
  if (worker.isConnected()) worker.send(message, () => {});
}
