/**
 * `npm run faults`: the fault suites, and those of the cache's protocol, in their long form, ten times the short one of
 * `npm test`. Hands its arguments to vitest.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const args = ['run', 'test/faults', 'packages/cache/test', ...process.argv.slice(2)];
const { status } = spawnSync(join(root, 'node_modules/.bin/vitest'), args, {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, FAULTS_SCALE: process.env.FAULTS_SCALE || '10' },
});
process.exitCode = status ?? 1;
