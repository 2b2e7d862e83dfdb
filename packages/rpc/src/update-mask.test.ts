import { describe, expect, it } from 'vitest';
import { readUpdateMask, requireGiven } from './update-mask.ts';

const updatable = ['email', 'name', 'is_active'] as const;
const read = (paths?: string[], populated: (typeof updatable)[number][] = []) => [
  ...readUpdateMask(paths && { paths }, { updatable, populated }),
];

describe('readUpdateMask', () => {
  it('takes the populated fields where the mask is absent or empty', () => {
    expect(read(undefined, ['name'])).toEqual(['name']);
    expect(read([], ['name', 'email'])).toEqual(['name', 'email']);
    expect(read()).toEqual([]);
  });

  it('takes what the mask names, populated or not, each once', () => {
    expect(read(['is_active', 'email', 'email'], ['name'])).toEqual(['email', 'is_active']);
  });

  it('takes all that may change for *', () => {
    expect(read(['*'])).toEqual([...updatable]);
    expect(read(['name', '*'])).toEqual([...updatable]);
  });

  it.each(['id', 'etag', 'points', 'user.name', 'isActive', 'Name', '', 'name,email', 'name.first', '*.name'])(
    'refuses %j, also beside a good path or *',
    (path) => {
      for (const paths of [[path], ['name', path], ['*', path]]) {
        expect(() => read(paths)).toThrow(expect.objectContaining({ reason: 'MASK_PATH_INVALID' }));
      }
    },
  );

  it('names the field at fault and does not repeat a path of any length', () => {
    const refused = expect.objectContaining({
      violations: [expect.objectContaining({ field: 'update_mask' })],
      message: expect.stringMatching(/^.{1,250}$/),
    });
    expect(() => read(['x'.repeat(10_000), 'y'])).toThrow(refused);
  });
});

describe('requireGiven', () => {
  it('names the fields that are to change and are not given', () => {
    const require = (...fields: ('name' | 'email' | 'is_active')[]) =>
      requireGiven(new Set(fields), { resource: 'user', given: ['name'] });
    expect(() => require('name')).not.toThrow();
    expect(() => require()).not.toThrow();
    const violations = ['user.email', 'user.is_active'].map((field) => expect.objectContaining({ field }));
    expect(() => require('name', 'email', 'is_active')).toThrow(
      expect.objectContaining({ reason: 'FIELD_INVALID', violations }),
    );
  });
});
