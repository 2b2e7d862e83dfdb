import { TandemError } from '@tandem/rpc';
import { describe, expect, it } from 'vitest';
import { explainDriverError, isUnanswered, violatesUnique } from './postgres-errors.ts';

const driverError = (fields: object) => Object.assign(new Error('text of the driver with ada@example.org'), fields);
const reasonOf = (error: Error) => (error instanceof TandemError ? error.reason : undefined);

describe('explainDriverError', () => {
  it.each([
    [{ code: '55P03' }, 'REQUEST_IN_PROGRESS'],
    [{ code: '57014' }, 'DEADLINE_EXCEEDED'],
    [{ code: '57P01' }, 'STORE_UNAVAILABLE'],
    [{ code: '25006' }, 'STORE_UNAVAILABLE'],
    [{ code: '40001' }, 'OVERLOADED'],
    [{ code: '40P01' }, 'OVERLOADED'],
    [{ code: '53300' }, 'STORE_UNAVAILABLE'],
    [{ code: '25P04' }, 'STORE_UNAVAILABLE'],
    [{ code: 'ECONNREFUSED', syscall: 'connect' }, 'STORE_UNAVAILABLE'],
    [{ code: 'EPIPE', syscall: 'write' }, 'STORE_UNAVAILABLE'],
    [{ code: 'EPIPE' }, 'STORE_UNAVAILABLE'],
    [{ code: 'ERR_STREAM_DESTROYED' }, 'STORE_UNAVAILABLE'],
  ])('turns %j into %s', (fields, reason) => {
    expect(reasonOf(explainDriverError(driverError(fields), 'a_statement'))).toBe(reason);
  });

  it('takes a cut connection for an unavailable store', () => {
    const error = explainDriverError(new Error('Connection terminated unexpectedly'), 'a_statement');
    expect(reasonOf(error)).toBe('STORE_UNAVAILABLE');
  });

  it.each([
    { code: '23505', constraint: 'users_pkey' },
    { code: '22P02' },
    { code: 'ECONNRESET', syscall: 'read' },
    {},
  ])('never passes on the text of the driver: %j', (fields) => {
    const error = explainDriverError(driverError(fields), 'a_statement');
    expect(error.message).not.toMatch(/ada@example/);
    expect(error.cause).toBeUndefined();
  });

  it('knows unique violations by their constraint', () => {
    const unique = explainDriverError(driverError({ code: '23505', constraint: 'users_pkey' }), 'insert');
    expect(violatesUnique(unique, 'users_pkey')).toBe(true);
    expect(violatesUnique(unique, 'users_email_unique')).toBe(false);
  });

  it('tells an unanswered COMMIT from a refused one', () => {
    expect(isUnanswered(new Error('Connection terminated unexpectedly'))).toBe(true);
    expect(isUnanswered(driverError({ code: '57P01' }))).toBe(true);
    expect(isUnanswered(driverError({ code: 'EPIPE' }))).toBe(true);
    expect(isUnanswered(driverError({ code: '40001' }))).toBe(false);
  });
});
