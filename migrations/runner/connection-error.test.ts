import { expect, it } from 'vitest';
import { connectionError, explainingFailures } from './connection-error.ts';
import { MigrationError } from './migration-error.ts';

const url = 'postgres://admin:hunter2@db.example:5432/tandem';

function withCode(code: string): Error {
  return Object.assign(new Error(`failure with ${url}`), { code });
}

it.each([
  ['ECONNREFUSED', 'see that it runs, and check USERS_DATABASE_URL'],
  ['28P01', 'check user and password in USERS_DATABASE_URL'],
  ['3D000', 'create that database, or correct its name in USERS_DATABASE_URL'],
  ['ERR_INVALID_URL', 'correct port, form and options of USERS_DATABASE_URL'],
  ['42501', 'give more permission to the user in USERS_DATABASE_URL'],
])('explains %s', (code, advice) => {
  expect(connectionError('PostgreSQL', url, withCode(code)).message).toBe(
    `cannot use PostgreSQL at db.example:5432/tandem (${code}): ${advice}`,
  );
});

it('looks into an error of several attempts, and into a cause', () => {
  const attempts = new AggregateError([withCode('ECONNREFUSED'), withCode('ENETUNREACH')]);
  expect(connectionError('PostgreSQL', url, attempts).message).toContain('(ECONNREFUSED)');
  const wrapped = new Error('outer', { cause: withCode('ENOTFOUND') });
  expect(connectionError('MongoDB', url, wrapped).message).toContain('(ENOTFOUND)');
});

it('never repeats what the driver said', () => {
  for (const thrown of [new Error(`no code, ${url}`), 'hunter2', new Error('timeout expired')]) {
    expect(connectionError('PostgreSQL', url, thrown).message).not.toContain('hunter2');
  }
});

it('passes a MigrationError as it is', async () => {
  const failure = new MigrationError('clear already');
  const explained = explainingFailures({ engine: 'MongoDB', url }, () => Promise.reject(failure));
  await expect(explained).rejects.toBe(failure);
});
