import { validate, version } from 'uuid';
import { describe, expect, it } from 'vitest';
import { createIdMaker } from './make-ids.ts';

describe('ids that are made together', () => {
  it('are UUIDs of version 7, each above those before it, and other ones each time', () => {
    const makers = [createIdMaker(2_000), createIdMaker(2_000)];
    const [ids = [], others = []] = makers.map((makeId) => Array.from({ length: 2_000 }, makeId));
    expect(ids.every((id) => validate(id) && version(id) === 7)).toBe(true);
    expect(ids).toEqual(ids.toSorted());
    expect(new Set([...ids, ...others]).size).toBe(4_000);
    const tails = ids.map((id) => id.slice(-10));
    expect(new Set(tails).size).toBe(2_000);
  });

  it('are no more than were asked for', () => {
    const makeId = createIdMaker(1);
    makeId();
    expect(makeId).toThrow('More than 1 ids');
  });
});
