import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');

/** Who may import what (README, "How the code is laid out"); biome.json enforces it, here it is seen to. */
const cases: readonly [room: string, imported: string, allowed: boolean][] = [
  ['packages/contracts/src', '@tandem/rpc', false],
  ['packages/contracts/src', '@bufbuild/protobuf', true],
  ['packages/text/src', '@tandem/contracts', false],
  ['packages/rpc/src', '@tandem/contracts/options', true],
  ['packages/rpc/src', '@tandem/cache', false],
  ['packages/rpc/src', 'knex', false],
  ['packages/cache/src', 'ioredis', true],
  ['packages/cache/src', '@tandem/rpc', false],
  ['services/users/src', '@tandem/posts', false],
  ['services/users/src', '@tandem/dev-stack', false],
  ['services/users/src/handlers', '../domain/user.ts', true],
  ['services/users/src/handlers', '../store/store.ts', true],
  ['services/users/src/handlers', '../store/postgres-users.ts', false],
  ['services/users/src/handlers', 'knex', false],
  ['services/users/src/handlers', '@tandem/contracts/users', true],
  ['services/users/src/handlers', '../jobs/end-deletion.ts', true],
  ['services/users/src/jobs', '../store/job-store.ts', true],
  ['services/users/src/jobs', '../store/postgres-job-worker.ts', false],
  ['services/users/src/jobs', '../handlers/delete-user.ts', false],
  ['services/users/src/jobs', '../peers/author-posts.ts', true],
  ['services/users/src/jobs', '@tandem/contracts/users', true],
  ['services/users/src/jobs', 'pg-boss', false],
  ['services/users/src/peers', '@tandem/contracts/posts', true],
  ['services/users/src/peers', '../store/store.ts', false],
  ['services/posts/src/peers', 'mongodb', false],
  ['services/users/src/logins', '@tandem/cache', true],
  ['services/users/src/logins', 'ioredis', false],
  ['services/users/src/logins', '@tandem/contracts/users', false],
  ['services/users/src/passwords', '../domain/password.ts', true],
  ['services/users/src/passwords', 'knex', false],
  ['services/users/src/store', 'pg-boss', true],
  ['services/posts/src/store', 'mongodb', true],
  ['services/posts/src/store', '../domain/post.ts', true],
  ['services/posts/src/store', '../handlers/get-post.ts', false],
  ['services/posts/src/store', '@tandem/contracts/posts', false],
  ['services/posts/src/store', 'ioredis', false],
  ['services/posts/src/domain', '@tandem/rpc/errors', true],
  ['services/posts/src/domain', '@tandem/rpc', false],
  ['services/posts/src/domain', '../store/store.ts', false],
  ['services/posts/src/domain', 'node:fs', false],
];

describe('imports between rooms', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rooms-'));
  let refused: Set<string>;

  beforeAll(() => {
    cpSync(join(root, 'biome.json'), join(folder, 'biome.json'));
    for (const [index, [room, imported]] of cases.entries()) {
      const path = join(folder, room, `case-${index}.ts`);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, `import { thing } from '${imported}';\n\nexport const kept = thing;\n`);
    }
    refused = lintForRefusedImports(folder);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each(cases.map((one, index) => [...one, index] as const))(
    '%s imports %s: allowed %s',
    (room, _, allowed, index) => {
      expect(refused.has(`${room}/case-${index}.ts`)).toBe(!allowed);
    },
  );
});

function lintForRefusedImports(folder: string): Set<string> {
  const biome = join(root, 'node_modules/.bin/biome');
  const { stdout } = spawnSync(biome, ['lint', '.', '--reporter=json', '--max-diagnostics=none'], {
    cwd: folder,
    encoding: 'utf8',
  });
  const { diagnostics } = JSON.parse(stdout) as { diagnostics: { category: string; location: { path: string } }[] };
  return new Set(
    diagnostics
      .filter(({ category }) => category === 'lint/style/noRestrictedImports')
      .map(({ location }) => location.path),
  );
}
