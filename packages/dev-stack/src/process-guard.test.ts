import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { useProcesses } from '../../../test/support/use-processes.ts';
import { isProcessAlive } from './is-process-alive.ts';
import { ProcessGuard } from './process-guard.ts';
import { waitUntil } from './wait-until.ts';

const longLived = ['--eval', 'setInterval(() => {}, 60_000)'];

describe('ProcessGuard', () => {
  const processes = useProcesses();

  it('ends a child that ignores SIGTERM, and removes its folder, when its process was killed with -9', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tandem-guard-'));
    const holder = await processes.start({
      file: join(import.meta.dirname, 'testing/hold-child.ts'),
      args: [folder],
      ready: /^child (\d+)$/,
    });
    const child = Number(holder.match?.[1]);
    expect(isProcessAlive(child)).toBe(true);
    holder.kill('SIGKILL');
    await waitUntil(() => !isProcessAlive(child), { timeoutMs: 5_000 });
    await waitUntil(() => !existsSync(folder), { timeoutMs: 5_000 });
  });

  it('ends its children when it is disposed', async () => {
    const guard = new ProcessGuard();
    const child = await guard.spawn({ command: process.execPath, args: longLived });
    await guard[Symbol.asyncDispose]();
    expect(isProcessAlive(child.pid)).toBe(false);
  });

  it('throws what the start of a missing program throws', async () => {
    await using guard = new ProcessGuard();
    await expect(guard.spawn({ command: '/nowhere/program', args: [] })).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('still ends its children when the watcher was killed in between', async () => {
    const guard = new ProcessGuard();
    const child = await guard.spawn({ command: process.execPath, args: longLived });
    const first = guard.watcherPid;
    process.kill(first, 'SIGKILL');
    await waitUntil(() => guard.watcherPid !== first, { timeoutMs: 5_000 });
    await guard[Symbol.asyncDispose]();
    expect(isProcessAlive(child.pid)).toBe(false);
  });
});
