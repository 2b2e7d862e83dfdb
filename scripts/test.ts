/**
 * `npm test`: types, lint with the rules on imports, and every vitest project, then one closing line that counts
 * checks and tests. `npm test -- PATH…` hands its arguments to vitest.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const results = join(root, 'build/test-results.json');

interface Count {
  passed: number;
  failed: number;
}

function succeeds(command: string, args: readonly string[]): boolean {
  console.log(`\n> ${[command, ...args].join(' ')}`);
  const path = join(root, 'node_modules/.bin', command);
  return spawnSync(path, args, { cwd: root, stdio: 'inherit' }).status === 0;
}

function countCheck(passed: boolean): Count {
  return passed ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

/** A test that was skipped counts as failed, and so does a run that broke without a failing test. */
function countTests(): Count {
  rmSync(results, { force: true });
  mkdirSync(join(root, 'build'), { recursive: true });
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${results}`];
  const passed = succeeds('vitest', ['run', ...reporters, ...process.argv.slice(2)]);
  const { numPassedTests, numTotalTests } = JSON.parse(readFileSync(results, 'utf8')) as Record<string, number>;
  const failed = (numTotalTests ?? 0) - (numPassedTests ?? 0);
  return { passed: numPassedTests ?? 0, failed: failed === 0 && !passed ? 1 : failed };
}

const counts = [countCheck(succeeds('tsc', ['-p', '.'])), countCheck(succeeds('biome', ['check', '.'])), countTests()];
const passed = counts.reduce((sum, count) => sum + count.passed, 0);
const failed = counts.reduce((sum, count) => sum + count.failed, 0);
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
