import { describe, expect, it } from 'vitest';
import { type ImportRow, type ImportState, type OnDuplicate, planImport, type RowOutcome } from './import-plan.ts';

const empty: ImportState = { users: [], deletedIds: new Set() };

function row(email: string, id?: string): ImportRow {
  return { id, email, name: email, isActive: undefined, passwordHash: undefined, createTime: undefined };
}

function plan(
  rows: ImportRow[],
  { onDuplicate = 'error', state = empty }: { onDuplicate?: OnDuplicate; state?: ImportState } = {},
) {
  let made = 0;
  return planImport({ rows, ...state, onDuplicate, makeId: () => `made-${++made}` });
}

const say = (outcome: RowOutcome) => (typeof outcome === 'string' ? outcome : outcome.reason);
const outcomes = (...args: Parameters<typeof plan>) => plan(...args).outcomes.map(say);
const there: ImportState = {
  users: [
    { id: 'a', emailLower: 'a@x.io' },
    { id: 'b', emailLower: 'b@x.io' },
  ],
  deletedIds: new Set(['gone']),
};

describe('planImport', () => {
  it('makes ids only where none is given', () => {
    expect(plan([row('n@x.io'), row('m@x.io', 'own')]).waves[0]?.inserts.map(({ id }) => id)).toEqual([
      'made-1',
      'own',
    ]);
  });

  it.each([
    ['error', ['ID_TAKEN', 'EMAIL_TAKEN', 'ID_TAKEN', 'imported']],
    ['skip', ['skipped', 'skipped', 'skipped', 'imported']],
    ['update', ['updated', 'updated', 'ID_TAKEN', 'imported']],
  ] as const)('treats duplicates of what is there under %s', (onDuplicate, expected) => {
    const rows = [row('new@x.io', 'a'), row('B@X.IO'), row('new@x.io', 'a'), row('free@x.io', 'c')];
    expect(outcomes(rows, { onDuplicate, state: there })).toEqual(expected);
  });

  it.each(['error', 'skip', 'update'] as const)(
    'never gives the id of a deleted user again under %s',
    (onDuplicate) => {
      expect(outcomes([row('n@x.io', 'gone')], { onDuplicate, state: there })).toEqual(['ID_TAKEN']);
    },
  );

  it('lets the first of clashing rows win', () => {
    const rows = [row('n@x.io', 'n'), row('N@x.io'), row('other@x.io', 'n')];
    expect(outcomes(rows)).toEqual(['imported', 'EMAIL_TAKEN', 'ID_TAKEN']);
    expect(outcomes(rows, { onDuplicate: 'skip' })).toEqual(['imported', 'skipped', 'skipped']);
    expect(outcomes(rows, { onDuplicate: 'update' })).toEqual(['imported', 'EMAIL_TAKEN', 'ID_TAKEN']);
  });

  it('does not count a refused row as the first', () => {
    expect(outcomes([row('n@x.io', 'a'), row('n@x.io', 'n')], { state: there })).toEqual(['ID_TAKEN', 'imported']);
  });

  it('never moves an e-mail to a second user', () => {
    expect(outcomes([row('b@x.io', 'a'), row('a@x.io', 'z')], { onDuplicate: 'update', state: there })).toEqual([
      'EMAIL_TAKEN',
      'EMAIL_TAKEN',
    ]);
  });

  it('writes the taker of an e-mail after the one who gives it up', () => {
    const rows = [row('c@x.io', 'a'), row('a@x.io', 'b'), row('b@x.io')];
    const { outcomes: results, waves } = plan(rows, { onDuplicate: 'update', state: there });
    expect(results).toEqual(['updated', 'updated', 'imported']);
    expect(waves.map(({ updates, inserts }) => [updates.length, inserts.length])).toEqual([
      [1, 0],
      [1, 0],
      [0, 1],
    ]);
  });
});
