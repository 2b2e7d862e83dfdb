import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { ListUsersRequestSchema, SearchUsersRequestSchema } from '@tandem/contracts/users';
import { describe, expect, it } from 'vitest';
import { createPaging } from './paging.ts';

const key = Buffer.from('a secret of any length');
const other = Buffer.from('another secret');
const invalid = expect.objectContaining({ reason: 'PAGE_TOKEN_INVALID' });
const caller = { caller: 'anonymous' };
const firstReleaseToken =
  'AZLbamcxW0y8eRs3ZHq_XHKt4uC_KlVYbWI9lyeF9rnEEMYSyEVuTSLglservnhMT88YDfORpPOrBgLh8kOnLAucfxW4_BjEZ0F8PSiA3HkV2Ci3fWeKh9NP167RkAyjPfjD53mZhMRzAqLRPULS7ypIpmIsPL3cj4ZRk8H5E7uxc8HLy5h2rj9ZO3YbHc_o6MQDRl6554EXqIqcAn6X2V_JQDRaeStT1QQ';
const after = { createTime: '2026-01-01T00:00:00.000001Z', id: 'x', rank: null, points: 12 };

function list(init: MessageInitShape<typeof ListUsersRequestSchema> = {}) {
  return create(ListUsersRequestSchema, init);
}

function sealed(init: MessageInitShape<typeof ListUsersRequestSchema> = {}, keys = [key]): string {
  return createPaging(keys).seal(caller, ListUsersRequestSchema, list(init), after);
}

function open(init: MessageInitShape<typeof ListUsersRequestSchema>, { keys = [key], by = caller } = {}) {
  return createPaging(keys).open(by, ListUsersRequestSchema, list(init));
}

describe('page size', () => {
  it.each([
    [0, 50],
    [1, 1],
    [1000, 1000],
    [1001, 1000],
    [2 ** 31 - 1, 1000],
  ])('%i reads %i rows', (pageSize, limit) => {
    expect(open({ pageSize })).toEqual({ limit, after: undefined });
  });
});

describe('a page token', () => {
  it('is empty after the last page', () => {
    expect(createPaging([key]).seal(caller, ListUsersRequestSchema, list(), undefined)).toBe('');
  });

  it('brings back where the page before ended', () => {
    expect(open({ pageToken: sealed() }).after).toEqual(after);
  });

  it('opens with another page size and with or without a count', () => {
    const pageToken = sealed({ pageSize: 10 });
    expect(open({ pageToken, pageSize: 20, includeTotalSize: true }).after).toEqual(after);
  });

  it('shows nothing of what it carries, and is never twice the same', () => {
    expect(Buffer.from(sealed(), 'base64url').toString('latin1')).not.toContain('2026');
    expect(sealed()).not.toBe(sealed());
  });

  it('is sealed with a nonce of its own, also where the key is the same', () => {
    const paging = createPaging([key]);
    const seal = () => Buffer.from(paging.seal(caller, ListUsersRequestSchema, list(), after), 'base64url');
    const [first, second] = [seal(), seal()];
    expect(second.subarray(0, 17)).toEqual(first.subarray(0, 17));
    expect(second.subarray(17, 29)).not.toEqual(first.subarray(17, 29));
  });

  it.each([
    ['order', { orderBy: 'name' }],
    ['filter', { filter: { isActive: true } }],
    ['an empty filter', { filter: {} }],
    ['consistency', { consistency: 1 }],
  ])('of other arguments (%s) is PAGE_TOKEN_MISMATCH', (_, init) => {
    expect(() => open({ pageToken: sealed(init) })).toThrow(expect.objectContaining({ reason: 'PAGE_TOKEN_MISMATCH' }));
    expect(() => open({ ...init, pageToken: sealed() })).toThrow(
      expect.objectContaining({ reason: 'PAGE_TOKEN_MISMATCH' }),
    );
  });

  it('of another caller is PAGE_TOKEN_INVALID', () => {
    expect(() => open({ pageToken: sealed() }, { by: { caller: 'eve' } })).toThrow(invalid);
  });

  it('of another method is PAGE_TOKEN_INVALID', () => {
    const request = create(SearchUsersRequestSchema, { pageToken: sealed() });
    expect(() => createPaging([key]).open(caller, SearchUsersRequestSchema, request)).toThrow(invalid);
  });

  it('that is none is PAGE_TOKEN_INVALID', () => {
    const whole = sealed();
    const broken = ['x', '\u0000', 'ä', ' ', `${whole} `, `${whole}=`, `${whole}\n`, whole.slice(1), '='.repeat(99)];
    for (const pageToken of broken) expect(() => open({ pageToken })).toThrow(invalid);
  });

  it('changed in any one bit is PAGE_TOKEN_INVALID', () => {
    const bytes = Buffer.from(sealed(), 'base64url');
    for (let bit = 0; bit < bytes.length * 8; bit += 3) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      expect(() => open({ pageToken: changed.toString('base64url') })).toThrow(invalid);
    }
  });

  it('of a key that is not kept any more is PAGE_TOKEN_INVALID', () => {
    expect(() => open({ pageToken: sealed({}, [other]) })).toThrow(invalid);
  });

  it('opens by any key that is kept, and is sealed by the first', () => {
    expect(open({ pageToken: sealed({}, [other]) }, { keys: [key, other] }).after).toEqual(after);
    expect(open({ pageToken: sealed({}, [key, other]) }).after).toEqual(after);
  });

  it('keeps its format: one that was made by the first release opens', () => {
    expect(open({ pageToken: firstReleaseToken }).after).toEqual(after);
  });

  it('is not to be had without a key', () => {
    expect(() => createPaging([])).toThrow('No key');
    expect(() => createPaging([key, new Uint8Array()])).toThrow('No key');
  });
});
