import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';

const program = `
  const { breakpoint } = await import(${JSON.stringify(new URL('./breakpoint.ts', import.meta.url).href)});
  breakpoint('first');
  breakpoint('second');
  breakpoint('second');
  console.log('past both');`;

function run(env: NodeJS.ProcessEnv) {
  const { signal, stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    env: { PATH: process.env.PATH, ...env },
    encoding: 'utf8',
  });
  return { signal, stdout: stdout.trim() };
}

/** As ps tells it: T where it is stopped. */
function stateOf(pid: number): string {
  return spawnSync('ps', ['-o', 'state=', '-p', String(pid)], { encoding: 'utf8' }).stdout.trim();
}

describe('a breakpoint', () => {
  it('kills the process where BREAK_AT names it, among others', () => {
    expect(run({ BREAK_AT: 'other,second' })).toEqual({ signal: 'SIGKILL', stdout: '' });
  });

  it('stops the process where STOP_AT names it, once, until it is continued', async () => {
    const env = { PATH: process.env.PATH, STOP_AT: 'second' };
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], { env });
    const written = text(child.stdout);
    const [line] = (await once(child.stderr, 'data')) as [Buffer];
    expect(line.toString()).toBe('stopped at second\n');
    await expect.poll(() => stateOf(child.pid!)).toMatch(/^T/);
    child.kill('SIGCONT');
    expect(await written).toBe('past both\n');
  });

  it('does nothing where BREAK_AT names another, or nothing', () => {
    for (const env of [{ BREAK_AT: 'other' }, {}]) expect(run(env)).toEqual({ signal: null, stdout: 'past both' });
  });
});
