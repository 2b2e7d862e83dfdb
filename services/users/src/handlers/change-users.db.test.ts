import { randomUUID } from 'node:crypto';
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { UpdateUserRequestSchema, UpdateUserResponseSchema } from '@tandem/contracts/users';
import { makeCall } from '@tandem/rpc/testing';
import { describe, expect, it } from 'vitest';
import { useUsersDatabase } from '../../../../test/support/use-users-database.ts';
import type { NewUser } from '../domain/user.ts';
import { createPostgresUserStore } from '../store/postgres-user-store.ts';
import { insertUser as insertInto } from '../store/testing/store-calls.ts';
import { usePool } from '../store/testing/use-postgres.ts';
import { messageOf, refusalOf } from './testing/call-handler.ts';
import { countSessions, openSession } from './testing/plain-sessions.ts';
import { updateUser } from './update-user.ts';
import { toUserMessage } from './user-message.ts';

const url = await useUsersDatabase();
const store = createPostgresUserStore(usePool(url));
const insertUser = (fields: Partial<NewUser> = {}) => insertInto(store, fields);

const update = (request: MessageInitShape<typeof UpdateUserRequestSchema>) =>
  messageOf(UpdateUserResponseSchema, updateUser(store)(create(UpdateUserRequestSchema, request), makeCall())).then(
    ({ user }) => user!,
  );
const read = (id: string) => store.reader.get(id, makeCall());

describe('UpdateUser', () => {
  it('changes what the mask names, though more is given', async () => {
    const { id, email } = await insertUser();
    const user = { id, email: 'other@example.org', name: 'Zoë', isActive: false };
    const changed = await update({ user, updateMask: { paths: ['name'] } });
    expect(changed).toMatchObject({ id, email, name: 'Zoë', isActive: true, etag: '2' });
    expect(toUserMessage((await read(id))!)).toMatchObject({ name: 'Zoë', etag: '2' });
  });

  it('changes what is given where the mask is left out, and nothing else', async () => {
    const { id, email } = await insertUser();
    expect(await update({ user: { id, isActive: false } })).toMatchObject({ email, name: 'Ada', isActive: false });
    expect(await update({ user: { id, name: 'Bo' }, updateMask: {} })).toMatchObject({ name: 'Bo', isActive: false });
  });

  it('takes a user back as it was read, without moving etag or update_time', async () => {
    const user = await insertUser();
    const message = toUserMessage(user);
    expect(await update({ user: message })).toMatchObject(message);
    expect(await update({ user: message, updateMask: { paths: ['*'] } })).toMatchObject(message);
    expect(await read(user.id)).toEqual(user);
  });

  it.each(['id', 'etag', 'points', 'create_time', 'password', 'user.name'])('refuses the path %s', async (path) => {
    const { id } = await insertUser();
    const request = { user: { id, name: 'Bo' }, updateMask: { paths: ['name', path] } };
    expect(await refusalOf(update(request))).toEqual({ reason: 'MASK_PATH_INVALID', fields: ['update_mask'] });
    expect((await read(id))?.name).toBe('Ada');
  });

  it.each([
    [{ name: 'Bo' }, ['*'], ['user.email', 'user.is_active']],
    [{ email: 'bo@example.org', name: 'Bo' }, ['*'], ['user.is_active']],
    [{}, ['name'], ['user.name']],
    [{ name: '\u200b' }, ['name'], ['user.name']],
  ])('refuses %j under %j', async (given, paths, fields) => {
    const { id } = await insertUser();
    const refused = refusalOf(update({ user: { id, ...given }, updateMask: { paths } }));
    expect(await refused).toEqual({ reason: 'FIELD_INVALID', fields });
    expect((await read(id))?.version).toBe(1n);
  });

  it('goes by the current etag only, and writes nothing otherwise', async () => {
    const { id } = await insertUser();
    expect(await update({ user: { id, etag: '1', name: 'Bo' } })).toMatchObject({ name: 'Bo', etag: '2' });
    for (const etag of ['1', '3', '02', 'x']) {
      expect(await refusalOf(update({ user: { id, etag, name: 'Cy' } }))).toMatchObject({ reason: 'ETAG_MISMATCH' });
      expect(await refusalOf(update({ user: { id, etag } }))).toMatchObject({ reason: 'ETAG_MISMATCH' });
    }
    expect(await read(id)).toMatchObject({ name: 'Bo', version: 2n });
  });

  it('lets one of many through that go by the same etag', async () => {
    const { id } = await insertUser();
    const race = Array.from({ length: 6 }, (_, n) => refusalOf(update({ user: { id, etag: '1', name: `N${n}` } })));
    const outcomes = await Promise.all(race);
    expect(outcomes.filter((outcome) => outcome === undefined)).toHaveLength(1);
    expect((await read(id))?.version).toBe(2n);
  });

  it('ends the sessions of who is deactivated, and of nobody else', async () => {
    const { id } = await insertUser();
    await openSession(url, id);
    await update({ user: { id, name: 'Bo' } });
    expect(await countSessions(url, id)).toBe(1);
    await update({ user: { id, isActive: false } });
    expect(await countSessions(url, id)).toBe(0);
  });

  it('ends no session where the change is refused', async () => {
    const [{ id }, { email }] = [await insertUser(), await insertUser()];
    await openSession(url, id);
    expect(await refusalOf(update({ user: { id, isActive: false, email } }))).toMatchObject({ reason: 'EMAIL_TAKEN' });
    expect(await countSessions(url, id)).toBe(1);
  });

  it('refuses who is not there', async () => {
    const refused = refusalOf(update({ user: { id: randomUUID(), name: 'Bo' } }));
    expect(await refused).toMatchObject({ reason: 'USER_NOT_FOUND' });
  });
});
