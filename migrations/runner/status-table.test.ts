import { expect, it } from 'vitest';
import { formatStatusTable } from './status-table.ts';

it('lines up databases, migrations and states, and says what to do', () => {
  const table = formatStatusTable([
    {
      database: 'users',
      status: { applied: ['202611250900-users'], pending: ['202611250901-add-it'], unknown: ['x'] },
    },
    { database: 'posts', status: { applied: [], pending: [], unknown: [] } },
  ]);
  expect(table.split('\n')).toEqual([
    'database  migration            state',
    'users     202611250900-users   applied',
    'users     x                    applied by another release',
    'users     202611250901-add-it  pending',
    'posts     -                    no migrations',
    '',
    '1 pending: npm run migrate -- up',
  ]);
});

it('says when nothing is pending', () => {
  const status = { applied: ['a'], pending: [], unknown: [] };
  expect(formatStatusTable([{ database: 'users', status }])).toMatch(/nothing pending$/);
});
