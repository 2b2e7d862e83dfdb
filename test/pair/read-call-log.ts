import type { RunningService } from './start-service.ts';

/** What the service itself says became of each call that it began. */
export function readCallLog({ stderr }: RunningService): Map<string, { code: string; reason?: string }> {
  const lines = stderr.map((line) => JSON.parse(line)).filter(({ requestId }) => requestId !== undefined);
  return new Map(lines.map(({ requestId, code, reason }) => [requestId, { code, reason }]));
}
