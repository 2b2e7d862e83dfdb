import { randomUUID } from 'node:crypto';
import { ReadConsistency } from '@tandem/contracts/options';
import { CascadeState, StatsBucket } from '@tandem/contracts/users';
import { describe, expect, it } from 'vitest';
import { refusalOf } from './pair/refusal.ts';
import { usePair } from './pair/use-pair.ts';

describe('users that change, through both ports', async () => {
  const { usersService, users } = await usePair();

  async function createOne(name = 'Ada') {
    const { user } = await users.createUser({ email: `${randomUUID()}@e2e.example`, name, password: 'first password' });
    return user!;
  }

  async function post(method: string, body: object): Promise<{ status: number; json: Record<string, unknown> }> {
    const response = await fetch(`${usersService.edge}/tandem.users.v1.UserService/${method}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return { status: response.status, json: (await response.json()) as Record<string, unknown> };
  }

  it('goes back as it was read, by JSON as it came, and changes what is changed in it', async () => {
    const { id } = await createOne();
    const { json } = await post('GetUser', { id });
    expect((await post('UpdateUser', { user: json.user })).json).toEqual(json);
    const user = { ...(json.user as object), name: 'Zoë', isActive: false };
    expect((await post('UpdateUser', { user, updateMask: 'isActive' })).json.user).toMatchObject({
      name: 'Ada',
      isActive: false,
      etag: '2',
    });
    expect((await post('UpdateUser', { user })).json).toMatchObject({ code: 'aborted' });
    expect((await users.getUser({ id })).user).toMatchObject({ name: 'Ada', isActive: false });
  });

  it('does not look at what the mask leaves out', async () => {
    const { id, email } = await createOne();
    const user = { id, email: 'nobody', name: '\u200b', isActive: false };
    const { json } = await post('UpdateUser', { user, updateMask: 'isActive' });
    expect(json.user).toMatchObject({ email, name: 'Ada', isActive: false });
  });

  it('refuses what an update may not change, with the field at fault', async () => {
    const { id, etag } = await createOne();
    const update = (user: object, ...paths: string[]) =>
      refusalOf(users.updateUser({ user: { id, ...user }, updateMask: { paths } }));
    const invalid = { code: 'InvalidArgument', domain: 'users.tandem' };
    expect(await update({ points: 5n }, 'points')).toMatchObject({
      ...invalid,
      reason: 'MASK_PATH_INVALID',
      fields: ['update_mask'],
    });
    expect(await update({ email: 'nobody' })).toMatchObject({ ...invalid, fields: ['user.email'] });
    expect(await update({}, 'is_active')).toMatchObject({ ...invalid, fields: ['user.is_active'] });
    expect(await refusalOf(users.updateUser({ user: { name: 'Bo' } }))).toMatchObject({ fields: ['user.id'] });
    expect(await refusalOf(users.updateUser({}))).toMatchObject({ fields: ['user'] });
    expect(await update({ etag: `${etag}0`, name: 'Bo' })).toMatchObject({ code: 'Aborted', reason: 'ETAG_MISMATCH' });
    const { email } = await createOne();
    const taken = await update({ email: email!.toUpperCase() });
    expect(taken).toMatchObject({ code: 'AlreadyExists', reason: 'EMAIL_TAKEN' });
    expect(taken.message.toLowerCase()).not.toContain(email);
    expect((await users.getUser({ id })).user?.etag).toBe(etag);
  });

  it('changes a password by the current one, and tells neither', async () => {
    const { id } = await createOne();
    const change = (currentPassword: string, newPassword: string) =>
      users.changePassword({ id, currentPassword, newPassword, requestId: randomUUID() });
    const wrong = await refusalOf(change('not the password', 'second password'));
    expect(wrong).toMatchObject({ code: 'FailedPrecondition', reason: 'PASSWORD_INCORRECT', retry: false });
    expect(wrong.message).not.toMatch(/not the password|second password/);
    expect(await refusalOf(change('first password', 'short'))).toMatchObject({ fields: ['new_password'] });
    expect(await change('first password', 'second password')).toMatchObject({ revokedSessions: 0n });
    expect(await refusalOf(change('first password', 'x'.repeat(8)))).toMatchObject({ reason: 'PASSWORD_INCORRECT' });
    const request = { id, currentPassword: 'second password', newPassword: 'third password', requestId: randomUUID() };
    // The same call again: the first answer, though the current password is another by now.
    expect(await users.changePassword(request)).toEqual(await users.changePassword(request));
    const other = { ...request, newPassword: 'fourth password' };
    expect(await refusalOf(users.changePassword(other))).toMatchObject({ reason: 'REQUEST_ID_REUSED' });
  });

  it('deletes once, never gives the id again, and keeps the answer', async () => {
    const { id, email } = await createOne();
    const request = { id, requestId: randomUUID() };
    const reply = { postsDeleted: 0n, cascadeState: CascadeState.COMPLETED };
    expect(await users.deleteUser(request)).toMatchObject(reply);
    expect(await users.deleteUser(request)).toMatchObject(reply);
    const again = { id, requestId: randomUUID() };
    expect(await refusalOf(users.deleteUser(again))).toMatchObject({ code: 'NotFound', reason: 'USER_NOT_FOUND' });
    const sameId = users.createUser({ email: email!, name: 'Again', userId: id });
    expect(await refusalOf(sameId)).toMatchObject({ reason: 'ID_TAKEN' });
    expect((await users.createUser({ email: email!, name: 'Again' })).user?.id).not.toBe(id);
  });

  it('are counted, by state and by month, at every consistency', async () => {
    const name = randomUUID();
    const [one] = [await createOne(name), await createOne(name), await createOne(name)];
    await users.updateUser({ user: { id: one.id, isActive: false } });
    for (const consistency of [ReadConsistency.UNSPECIFIED, ReadConsistency.STRONG, ReadConsistency.EVENTUAL]) {
      const filter = { namePrefix: name };
      expect((await users.countUsers({ filter, consistency })).count).toBe(3n);
      const stats = await users.getUserStats({ filter, consistency, bucket: StatsBucket.MONTH });
      expect(stats).toMatchObject({ total: 3n, points: { sum: 0n, mean: 0, median: 0 } });
      expect(stats.byActive.map(({ isActive, count }) => [isActive, count])).toEqual([
        [true, 2n],
        [false, 1n],
      ]);
      expect(stats.created.reduce((sum, { count }) => sum + count, 0n)).toBe(3n);
    }
    const unknown = users.getUserStats({ bucket: 7 as StatsBucket });
    expect(await refusalOf(unknown)).toMatchObject({ reason: 'FIELD_INVALID', fields: ['bucket'] });
  });
});
