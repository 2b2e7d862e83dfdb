import { describe, expect, it } from 'vitest';
import { MigrationError } from './migration-error.ts';
import { lastApplied, migrationFailure, statusOf } from './migration-status.ts';

const list = [{ name: 'a' }, { name: 'b' }, { name: 'c' }];

describe('statusOf', () => {
  it('keeps the order of the list, whatever order they were applied in', () => {
    expect(statusOf(list, ['c', 'a'])).toEqual({ applied: ['a', 'c'], pending: ['b'], unknown: [] });
  });

  it('tells apart what this release does not know', () => {
    expect(statusOf(list, ['a', 'z']).unknown).toEqual(['z']);
  });
});

describe('lastApplied', () => {
  it('is the last of the list that was applied', () => {
    expect(lastApplied('users', statusOf(list, ['b', 'a']))).toBe('b');
    expect(lastApplied('users', statusOf(list, []))).toBeUndefined();
  });

  it('refuses while another release has something on top', () => {
    expect(() => lastApplied('users', statusOf(list, ['a', 'z']))).toThrow('users: z was applied by another release');
  });
});

describe('migrationFailure', () => {
  it('tells the cause without the statement', () => {
    const error = new Error('create table "t" (a int) - relation "t" already exists');
    expect(migrationFailure('users: up 1-t', error).message).toBe(
      'users: up 1-t failed: relation "t" already exists; mend the cause and run it again',
    );
  });

  it('takes a lost lock for what it is', () => {
    const lost = new MigrationError('lock lost');
    expect(migrationFailure('users: up 1-t', lost)).toBe(lost);
  });
});
