import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { resolveFileVariables } from './resolve-file-variables.ts';

function useFile(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'variables-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'secret');
  writeFileSync(path, text);
  return path;
}

describe('variables given as files', () => {
  it('are read, without the line break at the end', () => {
    const path = useFile(' a secret \n');
    expect(resolveFileVariables({ DATABASE_URL_FILE: path, OTHER: '1' }, ['DATABASE_URL', 'OTHER'])).toEqual({
      DATABASE_URL: ' a secret ',
      OTHER: '1',
    });
  });

  it('are refused where the variable is given too', () => {
    const env = { DATABASE_URL: 'x', DATABASE_URL_FILE: useFile('y') };
    expect(() => resolveFileVariables(env, ['DATABASE_URL'])).toThrow(
      'DATABASE_URL and DATABASE_URL_FILE are both given',
    );
  });

  it('are refused, by name, where the file cannot be read', () => {
    expect(() => resolveFileVariables({ KEYS_FILE: '/no/such/file' }, ['KEYS'])).toThrow(
      'KEYS_FILE names a file that cannot be read: /no/such/file (ENOENT).',
    );
  });

  it('that are empty are none, and those of other programs are left alone', () => {
    const env = { KEYS_FILE: '', KEYS: '', SSL_CERT_FILE: '/no/such/file' };
    expect(resolveFileVariables(env, ['KEYS'])).toEqual({});
  });
});
