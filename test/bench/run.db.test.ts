import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { useProcesses } from '../support/use-processes.ts';
import { workloads } from './workloads/list.ts';

const file = fileURLToPath(new URL('./run.ts', import.meta.url));
const processes = useProcesses();

/** Of workloads that differ in what they ask for alone, one. */
const chosen = workloads.filter(
  ({ name }) => !/^SearchPosts (?!common)|^ImportPosts 100|^GetUser hot|^UpdateUser|under an id$/.test(name),
);

describe('npm run bench', () => {
  it('compares workloads of every kind with their peers and ends well', { timeout: 480_000 }, async () => {
    const only = chosen.flatMap(({ name }) => ['--only', name]);
    const args = ['--rounds', '1', '--window-ms', '100', '--users', '1000', '--posts', '1000', ...only];
    const bench = await processes.start({ file, args });
    expect({ exit: await bench.exited, stderr: bench.stderr }).toMatchObject({ exit: 0 });
    for (const { name, peers } of chosen) {
      const rows = bench.stdout.filter((line) => line.startsWith(`${name}  `));
      expect(rows).toHaveLength(2);
      if (Object.keys(peers).length > 0) expect(rows[0]).toMatch(/ \d+\.\d\d \[\d+\.\d\d, \d+\.\d\d\]/);
    }
  });

  it('refuses a workload it does not know, and lists those it does', async () => {
    const bench = await processes.start({ file, args: ['--only', 'nothing'] });
    expect(await bench.exited).toBe(1);
    expect(bench.stderr.join('\n')).toContain('there are echo, GetUser STRONG, GetUser hot');
  });
});
