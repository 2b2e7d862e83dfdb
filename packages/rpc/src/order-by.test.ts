import { describe, expect, it } from 'vitest';
import { parseOrderBy } from './order-by.ts';

const fields = ['create_time', 'name'] as const;
const newestFirst = { field: 'create_time', descending: true } as const;
const parse = (text: string) => parseOrderBy(text, fields, newestFirst);

describe('order_by', () => {
  it.each(['', '  '])('empty (%j) is the default', (text) => {
    expect(parse(text)).toBe(newestFirst);
  });

  it.each([
    ['name', 'name', false],
    ['name asc', 'name', false],
    ['name desc', 'name', true],
    ['  create_time   desc ', 'create_time', true],
  ])('%j is %s, descending: %s', (text, field, descending) => {
    expect(parse(text)).toEqual({ field, descending });
  });

  it.each(['points', 'NAME', 'name DESC', 'name, create_time', 'name desc desc', 'name\tdesc', 'desc', 'name;'])(
    '%j is ORDER_BY_INVALID, with the fields that there are',
    (text) => {
      expect(() => parse(text)).toThrow(
        expect.objectContaining({ reason: 'ORDER_BY_INVALID', message: expect.stringContaining('create_time, name') }),
      );
    },
  );
});
