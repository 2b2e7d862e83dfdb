import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';

const program = `
  const { breakpoint } = await import(${JSON.stringify(new URL('./breakpoint.ts', import.meta.url).href)});
  breakpoint('first');
  breakpoint('second');
  console.log('past both');`;

function run(env: NodeJS.ProcessEnv) {
  const { signal, stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    env: { PATH: process.env.PATH, ...env },
    encoding: 'utf8',
  });
  return { signal, stdout: stdout.trim() };
}

describe('a breakpoint', () => {
  it('kills the process where BREAK_AT names it, among others', () => {
    expect(run({ BREAK_AT: 'other,second' })).toEqual({ signal: 'SIGKILL', stdout: '' });
  });

  it('does nothing where BREAK_AT names another, or nothing', () => {
    for (const env of [{ BREAK_AT: 'other' }, {}]) expect(run(env)).toEqual({ signal: null, stdout: 'past both' });
  });
});
