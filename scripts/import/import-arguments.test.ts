import { describe, expect, it } from 'vitest';
import { UsageError } from '../read-options.ts';
import { parseImportArguments } from './import-arguments.ts';

describe('the command line', () => {
  it('has defaults that a second run is safe with', () => {
    expect(parseImportArguments(['posts', 'a.ndjson'])).toEqual({
      kind: 'posts',
      file: 'a.ndjson',
      onDuplicate: 'skip',
      target: '127.0.0.1:50052',
      failuresPath: undefined,
    });
    expect(parseImportArguments(['users', '-'])?.target).toBe('127.0.0.1:50051');
  });

  it('takes its options', () => {
    const args = ['users', 'a', '--on-duplicate', 'update', '--target=h:1', '--failures', 'bad.ndjson'];
    expect(parseImportArguments(args)).toMatchObject({
      onDuplicate: 'update',
      target: 'h:1',
      failuresPath: 'bad.ndjson',
    });
    expect(parseImportArguments(['--help'])).toBeUndefined();
  });

  it.each([
    [[], 'users or posts, not nothing'],
    [['cats', 'f'], 'users or posts, not cats'],
    [['posts'], 'the file is missing'],
    [['posts', 'a', 'b'], 'b is too much'],
    [['posts', 'a', '--on-duplicate', 'maybe'], 'not maybe'],
    [['posts', 'a', '--wrong'], "Unknown option '--wrong'"],
  ])('refuses %j', (args, message) => {
    const parse = () => parseImportArguments(args);
    expect(parse).toThrow(UsageError);
    expect(parse).toThrow(message);
  });
});
