import { create } from '@bufbuild/protobuf';
import { ImportPostRowSchema } from '@tandem/contracts/posts';
import { validateMessage } from '@tandem/rpc';
import { describe, expect, it } from 'vitest';
import { tooManyTags } from '../domain/post-text.ts';
import { readImportRow } from './import-row.ts';

const id = '0190abcd-0000-7000-8000-000000000001';
const read = (tags: string[]) =>
  readImportRow(create(ImportPostRowSchema, { authorId: id, title: 'T', tags }), () => id);

describe('an id that an import row has', () => {
  it('is told from one that is made for it', () => {
    const other = id.replace('1', '2').toUpperCase();
    const row = create(ImportPostRowSchema, { id: other, authorId: id, title: 'T' });
    expect(readImportRow(row, () => id)).toMatchObject({ id: other.toLowerCase(), idIsChosen: true });
    expect(read([])).toMatchObject({ id, idIsChosen: false });
  });
});

describe('the tags of an import row', () => {
  it('are not looked at where they are too many', () => {
    const tags = Array.from({ length: 1000 }, (_, index) => '\u0000'.repeat(index));
    expect(read(tags)).toEqual({ reason: 'FIELD_INVALID', message: `tags: ${tooManyTags}` });
  });

  it('are refused in the words of the contract', () => {
    const row = create(ImportPostRowSchema, { authorId: id, title: 'T', tags: new Array(1001).fill('a') });
    expect(validateMessage(ImportPostRowSchema, row)).toEqual([{ field: 'tags', description: tooManyTags }]);
  });

  it('are looked at once each', () => {
    expect(read(new Array(1000).fill(''))).toEqual({
      reason: 'FIELD_INVALID',
      message: 'tags[0]: must be at least 1 character',
    });
    expect(read(['a', 'b', 'a'])).toMatchObject({ tags: ['a', 'b'] });
  });
});
