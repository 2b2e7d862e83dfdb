import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { isProcessAlive, readCommandLine } from './is-process-alive.ts';

describe('isProcessAlive', () => {
  it('tells a running process, with its command line, from one that ended', async () => {
    const child = spawn(process.execPath, ['--eval', 'setInterval(() => {}, 60_000) // marker']);
    await once(child, 'spawn');
    const pid = child.pid!;
    expect(isProcessAlive(pid)).toBe(true);
    expect(readCommandLine(pid)).toContain('// marker');
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(isProcessAlive(pid)).toBe(false);
    expect(readCommandLine(pid)).toBe('');
  });
});
