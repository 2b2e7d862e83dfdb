import { toBinary } from '@bufbuild/protobuf';
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema, StatusSchema } from '@tandem/contracts/wire';
import { describe, expect, it } from 'vitest';
import { TandemError } from './errors.ts';
import { toStatusObject } from './grpc/status.ts';
import { readReason, readStatus, toConnectError, toStatus } from './status.ts';

const domain = 'users.tandem';

describe('a refusal as a status', () => {
  it('carries reason, domain and metadata', () => {
    const error = toConnectError(toStatus(new TandemError('ID_TAKEN', 'taken', { metadata: { id: '7' } }), domain));
    const [info] = error.findDetails(ErrorInfoSchema);
    expect(info).toMatchObject({ reason: 'ID_TAKEN', domain, metadata: { id: '7' } });
    expect([error.code, error.rawMessage]).toEqual([6, 'taken']);
  });

  it('says after how long to retry', () => {
    const error = toConnectError(toStatus(new TandemError('OVERLOADED', '', { retryAfterMs: 1250 }), domain));
    expect(error.findDetails(RetryInfoSchema)[0]?.retryDelay).toMatchObject({ seconds: 1n, nanos: 250_000_000 });
  });

  it('lists the first 20 violations and says how many there are', () => {
    const error = toConnectError(toStatus(withViolations(1000, 'short'), domain));
    expect(error.findDetails(BadRequestSchema)[0]?.fieldViolations).toHaveLength(20);
    expect(error.rawMessage).toContain('1000 violations');
  });

  it('keeps an ordinary description whole, 20 of them too', () => {
    const description = 'must be greater than or equal to 0001-01-01T00:00:00Z and less than 9999-12-31';
    const error = toConnectError(toStatus(withViolations(20, description), domain));
    expect(error.findDetails(BadRequestSchema)[0]?.fieldViolations[19]?.description).toBe(description);
  });

  it('keeps its trailers under 8 KiB whatever texts it is given', () => {
    const long = '😀é\n'.repeat(20_000);
    const metadata = Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`key${i}`, long]));
    const violations = Array.from({ length: 30 }, () => ({ field: long, description: long }));
    const status = toStatus(new TandemError('FIELD_INVALID', long, { metadata, violations }), domain);
    const { details, metadata: trailers } = toStatusObject(toConnectError(status));
    const bytes = encodeURIComponent(details).length + JSON.stringify(trailers?.toHttp2Headers()).length;
    expect(bytes).toBeLessThan(8 * 1024);
  });

  it('survives lone surrogates, which no wire can carry', () => {
    const violations = [{ field: 'name', description: '\udc00' }];
    const error = new TandemError('FIELD_INVALID', 'bad \ud800', { metadata: { a: '\ud800' }, violations });
    expect(toConnectError(toStatus(error, domain)).rawMessage.isWellFormed()).toBe(true);
    expect(() => toBinary(StatusSchema, toStatus(error, domain))).not.toThrow();
  });

  it('is the same after it was stored', () => {
    const stored = toBinary(StatusSchema, toStatus(withViolations(3, 'bad'), domain));
    const replayed = readStatus(stored);
    expect(readReason(replayed)).toBe('FIELD_INVALID');
    expect(toConnectError(replayed)).toEqual(toConnectError(toStatus(withViolations(3, 'bad'), domain)));
  });
});

function withViolations(count: number, description: string): TandemError {
  const violations = Array.from({ length: count }, (_, i) => ({ field: `ids[${i}]`, description }));
  return new TandemError('FIELD_INVALID', 'The request is not valid.', { violations });
}
