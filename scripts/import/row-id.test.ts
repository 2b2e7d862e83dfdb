import { describe, expect, it } from 'vitest';
import { makeRowId } from './row-id.ts';

describe('the id of a row', () => {
  it('is a UUID of version 8 that file and number determine', () => {
    const digest = Buffer.alloc(32, 7);
    const ids = Array.from({ length: 200 }, (_, row) => makeRowId(digest, row));
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(new Set(ids).size).toBe(200);
    expect(makeRowId(digest, 3)).toBe(ids[3]);
    expect(makeRowId(Buffer.alloc(32, 8), 3)).not.toBe(ids[3]);
  });
});
