import { describe, expect, it } from 'vitest';
import { explainConnectFailure } from './explain-connect-failure.ts';

const url = 'postgres://tandem:s3cret@db.example:5432/tandem_users';
const withCode = (fields: object) => Object.assign(new Error('text with s3cret'), fields);

describe('explainConnectFailure', () => {
  it.each([
    [
      withCode({ code: 'ECONNREFUSED', syscall: 'connect' }),
      /no PostgreSQL answers at db\.example:5432 \(ECONNREFUSED\)/,
    ],
    [new AggregateError([withCode({ code: 'ECONNREFUSED', syscall: 'connect' })]), /ECONNREFUSED/],
    [new Error('timeout expired'), /timed out/],
    [withCode({ code: '42704' }), /17 or later/],
    [withCode({ code: '3D000' }), /no database "tandem_users"/],
    [withCode({ code: '28P01' }), /credentials/],
    [withCode({ code: '53300' }), /53300/],
  ])('says in one line what to do: %s', (error, text) => {
    const line = explainConnectFailure(error, url);
    expect(line).toMatch(text);
    expect(line).not.toMatch(/s3cret|\n/);
  });
});
