import type { RunningService } from './start-service.ts';

const timeoutMs = 10_000;

/** What a service shows on `/metrics`; empty where it does not answer. */
export function readMetrics({ edge }: Pick<RunningService, 'edge'>): Promise<string> {
  return fetch(`${edge}/metrics`, { signal: AbortSignal.timeout(timeoutMs) }).then(
    (reply) => reply.text(),
    () => '',
  );
}

/** One sample of that; undefined where it is not shown. @param sample its name, with its labels as they are shown */
export async function readMetric(service: Pick<RunningService, 'edge'>, sample: string): Promise<number | undefined> {
  return findSample(await readMetrics(service), sample);
}

/** The same, of what a service has shown. */
export function findSample(metrics: string, sample: string): number | undefined {
  const line = metrics.split('\n').find((candidate) => candidate.startsWith(`${sample} `));
  return line === undefined ? undefined : Number(line.slice(sample.length));
}
