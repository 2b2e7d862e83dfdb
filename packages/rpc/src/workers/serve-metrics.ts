import type { Worker } from 'node:cluster';
import { within } from '../within.ts';
import { mergeMetrics } from './merge-metrics.ts';
import { isWorker, onPrimary, tellPrimary, tellWorker, type WorkerMessage } from './worker-link.ts';

/** A worker that is held up is left out rather than waited for. */
const ANSWER_MAX_MS = 1_000;

let lastId = 0;

/**
 * What `/metrics` shows: this process's metrics; where it is one of several workers, those of all, told apart by the
 * label `worker`.
 *
 * @param own this process's metrics in the text format of Prometheus
 * @param listOfAll the names of those that are the same in every worker
 */
export function shareMetrics(own: () => Promise<string>, listOfAll: () => readonly string[]): () => Promise<string> {
  if (!isWorker) return own;
  const asked = new Map<number, (text: string) => void>();
  onPrimary('metricsWanted', ({ id }) => void own().then((text) => tellPrimary({ kind: 'metrics', id, text })));
  onPrimary('metrics', ({ id, text }) => asked.get(id)?.(text));
  return () => {
    const id = ++lastId;
    const { promise, resolve } = Promise.withResolvers<string>();
    asked.set(id, resolve);
    tellPrimary({ kind: 'metricsWanted', id, ofAll: listOfAll() });
    return promise.finally(() => asked.delete(id));
  };
}

/** Answers a worker that wants the metrics of all that serve, which are given by their number. */
export function serveMetricsOf(worker: Worker, serving: ReadonlyMap<number, Worker>): void {
  worker.on('message', async (message: WorkerMessage) => {
    if (message.kind !== 'metricsWanted') return;
    const texts = await Promise.all([...serving].map(async ([slot, one]) => [slot, await ask(one)] as const));
    const text = mergeMetrics(new Map(texts.sort(([a], [b]) => a - b)), new Set(message.ofAll));
    tellWorker(worker, { kind: 'metrics', id: message.id, text });
  });
}

async function ask(worker: Worker): Promise<string> {
  const id = ++lastId;
  const { promise, resolve } = Promise.withResolvers<string>();
  const hear = (message: WorkerMessage) => {
    if (message.kind === 'metrics' && message.id === id) resolve(message.text);
  };
  worker.on('message', hear);
  tellWorker(worker, { kind: 'metricsWanted', id });
  const text = await within(ANSWER_MAX_MS, promise);
  worker.off('message', hear);
  return text ?? '';
}
