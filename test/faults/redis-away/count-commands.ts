import { findSample, readMetrics } from '../../pair/read-metrics.ts';
import type { RunningService } from '../../pair/start-service.ts';

/** What the services had for Redis since they began: what was sent, for whose answer somebody waited, and what was not. */
export interface Commands {
  readonly sent: number;
  readonly unsent: number;
}

export async function countCommands(services: readonly RunningService[]): Promise<Commands> {
  const shown = await Promise.all(services.map(readMetrics));
  const count = (outcome: keyof Commands) =>
    shown.reduce((sum, text) => sum + sampleOf(text, `tandem_cache_commands_total{outcome="${outcome}"}`), 0);
  return { sent: count('sent'), unsent: count('unsent') };
}

function sampleOf(text: string, sample: string): number {
  const value = findSample(text, sample);
  if (value === undefined) throw new Error(`A service does not show ${sample}.`);
  return value;
}
