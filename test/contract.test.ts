import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');
const generated = 'packages/contracts/src/gen';

describe('the contract', () => {
  const folder = mkdtempSync(join(tmpdir(), 'contract-'));
  beforeAll(() => {
    run('node', ['scripts/gather-protos.ts']);
    for (const path of ['proto', 'build/proto', 'buf.yaml', 'buf.gen.yaml']) {
      cpSync(join(root, path), join(folder, path), { recursive: true });
    }
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('is clean under buf lint, STANDARD and COMMENTS', () => {
    expect(complaintsOf(() => run('buf', ['lint']))).toBe('');
  });

  it('breaks nothing of the last release', () => {
    expect(complaintsOf(() => run('buf', ['breaking', 'proto', '--against', 'proto/released.binpb']))).toBe('');
  });

  it('is what the generated code and the image were made of', () => {
    run('buf', ['generate'], folder);
    run('buf', ['build', '-o', `${generated}/image.binpb`], folder);
    expect(contentOf(join(root, generated))).toEqual(contentOf(join(folder, generated)));
  });

  it('is guarded: a missing comment and a changed field number are seen', () => {
    const path = join(folder, 'proto/tandem/users/v1/user.proto');
    writeFileSync(
      path,
      readFileSync(path, 'utf8').replace(
        "  // The user's id: a UUID in lower case.\n  string id = 1",
        '  string id = 77',
      ),
    );
    expect(complaintsOf(() => run('buf', ['lint'], folder))).toContain('Field "id" should have a non-empty comment');
    expect(
      complaintsOf(() => run('buf', ['breaking', 'proto', '--against', 'proto/released.binpb'], folder)),
    ).toContain('field "1" with name "id" on message "User" was deleted');
  });
});

function run(command: string, args: readonly string[], cwd = root): void {
  const PATH = `${join(root, 'node_modules/.bin')}:${process.env.PATH}`;
  execFileSync(command, args, { cwd, env: { ...process.env, PATH }, stdio: 'pipe' });
}

function complaintsOf(action: () => void): string {
  try {
    action();
    return '';
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: Buffer; stderr?: Buffer };
    return `${stdout ?? ''}${stderr ?? ''}` || String(error);
  }
}

/** Every file below a folder, by its path. */
function contentOf(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    files.map((file) => {
      const path = join(file.parentPath, file.name);
      return [path.slice(folder.length), readFileSync(path, 'base64')];
    }),
  );
}
