import { randomUUID } from 'node:crypto';
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { ImportUsersRequestSchema, ImportUsersResponseSchema, OnDuplicate } from '@tandem/contracts/users';
import { createImportMeter } from '@tandem/rpc';
import { makeCall } from '@tandem/rpc/testing';
import { describe, expect, it } from 'vitest';
import { useUsersDatabase } from '../../../../test/support/use-users-database.ts';
import { createPostgresUserStore } from '../store/postgres-user-store.ts';
import { usePool } from '../store/testing/use-postgres.ts';
import { importUsers } from './import-users.ts';
import { messageOf, refusalOf } from './testing/call-handler.ts';

const url = await useUsersDatabase();
const store = createPostgresUserStore(usePool(url));

describe('ImportUsers', () => {
  type Message = MessageInitShape<typeof ImportUsersRequestSchema>;
  type Rows = { email: string; name: string; id?: string; passwordHash?: string }[];
  const told: unknown[] = [];
  const meter = createImportMeter({ info: (counts: unknown) => void told.push(counts) });
  const handler = importUsers({ store, meter });
  const options = (onDuplicate = OnDuplicate.ERROR): Message => ({
    payload: { case: 'options', value: { onDuplicate } },
  });
  const rows = (...value: Rows): Message => ({ payload: { case: 'rows', value: { rows: value } } });
  const row = (fields: Partial<Rows[number]> = {}) => ({
    email: `${randomUUID()}@example.org`,
    name: 'Ada',
    ...fields,
  });

  async function send(messages: Message[]) {
    async function* stream() {
      for (const message of messages) yield create(ImportUsersRequestSchema, message);
    }
    return await messageOf(ImportUsersResponseSchema, handler(stream(), makeCall()));
  }

  it('counts rows over the whole stream and tells which were refused and why', async () => {
    const taken = row();
    const result = await send([
      options(),
      rows(taken, row({ name: '\u200b' }), row({ email: 'none' })),
      rows(),
      rows(row({ id: 'none' }), row({ email: taken.email.toUpperCase() }), row({ passwordHash: 'plain' }), row()),
    ]);
    expect(result).toMatchObject({ imported: 2n, updated: 0n, skipped: 0n, failed: 5n });
    expect(result.failures.map(({ row: number, reason }) => [number, reason])).toEqual([
      [1n, 'FIELD_INVALID'],
      [2n, 'FIELD_INVALID'],
      [3n, 'FIELD_INVALID'],
      [4n, 'EMAIL_TAKEN'],
      [5n, 'FIELD_INVALID'],
    ]);
    expect(result.failures.map(({ message }) => message.split(':')[0])).toEqual([
      'name',
      'email',
      'id',
      "email is another user's, ignoring case; choose another.",
      'password_hash',
    ]);
    expect(told.slice(-3)).toMatchObject([{ imported: '1' }, { imported: '1' }, { imported: '2', failed: '5' }]);
  });

  it('doubles nothing when everything is sent again with SKIP', async () => {
    const messages = [options(OnDuplicate.SKIP), rows(row(), row({ id: randomUUID().toUpperCase() })), rows(row())];
    expect(await send(messages)).toMatchObject({ imported: 3n, skipped: 0n, failed: 0n });
    expect(await send(messages)).toMatchObject({ imported: 0n, skipped: 3n, failed: 0n });
  });

  it('keeps the chunks that were in when the stream breaks', async () => {
    const kept = row();
    expect(await refusalOf(send([options(), rows(kept), options()]))).toEqual({
      reason: 'FIELD_INVALID',
      fields: ['options'],
    });
    expect(await store.reader.getByEmail(kept.email, makeCall())).toBeDefined();
  });

  it.each([
    ['no message at all', []],
    ['rows before the options', [rows(row())]],
  ])('refuses %s', async (_, messages) => {
    expect(await refusalOf(send(messages))).toEqual({ reason: 'FIELD_INVALID', fields: ['options'] });
  });
});
