import { randomUUID } from 'node:crypto';
import { timestampFromDate, timestampFromMs } from '@bufbuild/protobuf/wkt';
import { OnDuplicate } from '@tandem/contracts/users';
import { describe, expect, it } from 'vitest';
import { importStream } from './pair/import-stream.ts';
import { refusalOf } from './pair/refusal.ts';
import { usePair } from './pair/use-pair.ts';

describe('users, through the generated client', async () => {
  const { users } = await usePair();

  async function createMany(prefix: string, count: number) {
    const made = [];
    for (let n = 0; n < count; n += 1) {
      const { user } = await users.createUser({ email: `${prefix}${n}@e2e.example`, name: `${prefix} ${n}` });
      made.push(user!);
    }
    return made;
  }

  it('creates a user and reads it back by id, by e-mail in any case, and in a batch', async () => {
    const { user } = await users.createUser({
      email: 'Zoë.Ort@e2e.example'.replace('ë', 'e'),
      name: 'Zoë  Ort',
      password: 'correct horse',
    });
    expect(user).toMatchObject({ email: 'Zoe.Ort@e2e.example', name: 'Zoë  Ort', isActive: true, points: 0n });
    expect(user?.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
    expect(user?.etag).not.toBe('');
    expect((await users.getUser({ id: user!.id.toUpperCase() })).user).toEqual(user);
    expect((await users.getUserByEmail({ email: 'zOE.oRT@E2E.example' })).user).toEqual(user);
    const missing = randomUUID();
    const batch = await users.batchGetUsers({ ids: [missing, user!.id, user!.id, missing] });
    expect(batch.users).toEqual([user]);
    expect(batch.missingIds).toEqual([missing]);
  });

  it('takes an id of the caller, once', async () => {
    const userId = randomUUID();
    const { user } = await users.createUser({ email: 'own-id@e2e.example', name: 'Own', userId: userId.toUpperCase() });
    expect(user?.id).toBe(userId);
    expect(await refusalOf(users.createUser({ email: 'other@e2e.example', name: 'Other', userId }))).toMatchObject({
      code: 'AlreadyExists',
      reason: 'ID_TAKEN',
      domain: 'users.tandem',
    });
  });

  it('refuses an e-mail that is taken in another case, and does not repeat it', async () => {
    await users.createUser({ email: 'taken@e2e.example', name: 'One' });
    const refusal = await refusalOf(users.createUser({ email: 'TAKEN@E2E.example', name: 'Two' }));
    expect(refusal).toMatchObject({ code: 'AlreadyExists', reason: 'EMAIL_TAKEN' });
    expect(refusal.message.toLowerCase()).not.toContain('taken@');
  });

  it.each([
    ['an e-mail that is none', { email: 'nobody', name: 'A' }, ['email']],
    ['a name without a visible character', { email: 'a@e2e.example', name: ' \u200b ' }, ['name']],
    ['a control character', { email: 'a@e2e.example', name: 'a\u0007' }, ['name']],
    ['a short password', { email: 'a@e2e.example', name: 'A', password: 'short' }, ['password']],
    ['a long password', { email: 'a@e2e.example', name: 'A', password: 'é'.repeat(129) }, ['password']],
    ['an id that is none', { email: 'a@e2e.example', name: 'A', userId: '7' }, ['user_id']],
    ['two faults, both named', { email: 'x', name: '' }, ['email', 'name']],
  ])('refuses %s', async (_, request, fields) => {
    const refusal = await refusalOf(users.createUser(request));
    expect(refusal).toMatchObject({ code: 'InvalidArgument', reason: 'FIELD_INVALID', domain: 'users.tandem' });
    expect([...refusal.fields].sort()).toEqual(fields);
  });

  it('says of a password of a wrong length how long it may be and how that is counted', async () => {
    for (const password of ['short', 'é'.repeat(129), 'x'.repeat(2_000)]) {
      const { message } = await refusalOf(users.createUser({ email: 'a@e2e.example', name: 'A', password }));
      expect(message).toContain('password: must be 8 to 256 bytes long in UTF-8: a plain letter takes 1 byte');
    }
  });

  it('counts a password in bytes of its NFC form', async () => {
    const decomposed = 'e\u0301'.repeat(128);
    await users.createUser({ email: 'nfc@e2e.example', name: 'NFC', password: decomposed });
  });

  it('refuses ids that are none, too many of them, and unknown enum numbers', async () => {
    expect(await refusalOf(users.getUser({ id: 'x' }))).toMatchObject({ reason: 'FIELD_INVALID', fields: ['id'] });
    expect(await refusalOf(users.getUser({ id: randomUUID() }))).toMatchObject({
      code: 'NotFound',
      reason: 'USER_NOT_FOUND',
    });
    expect(await refusalOf(users.getUserByEmail({ email: 'no@e2e.example' }))).toMatchObject({
      reason: 'USER_NOT_FOUND',
    });
    expect(await refusalOf(users.batchGetUsers({ ids: [] }))).toMatchObject({ fields: ['ids'] });
    expect(await refusalOf(users.batchGetUsers({ ids: [randomUUID(), 'x'] }))).toMatchObject({ fields: ['ids[1]'] });
    const many = Array.from({ length: 1001 }, () => randomUUID());
    expect(await refusalOf(users.batchGetUsers({ ids: many }))).toMatchObject({ fields: ['ids'] });
    expect(await refusalOf(users.getUser({ id: randomUUID(), consistency: 9 as never }))).toMatchObject({
      reason: 'FIELD_INVALID',
      fields: ['consistency'],
    });
  });

  it('lists in every order, page by page, each user once', async () => {
    await createMany('order', 7);
    for (const field of ['create_time', 'update_time', 'name', 'email', 'points']) {
      for (const direction of ['asc', 'desc']) {
        const seen: string[] = [];
        let pageToken = '';
        do {
          const page = await users.listUsers({
            filter: { namePrefix: 'ORDER' },
            orderBy: `${field} ${direction}`,
            pageSize: 3,
            pageToken,
            includeTotalSize: true,
          });
          expect(page.totalSize).toBe(7);
          seen.push(...page.users.map(({ name }) => name!));
          pageToken = page.nextPageToken;
        } while (pageToken !== '');
        expect(seen.toSorted()).toEqual(Array.from({ length: 7 }, (_, n) => `order ${n}`));
        if (field !== 'points') expect(seen).toEqual(direction === 'asc' ? seen.toSorted() : seen.toSorted().reverse());
      }
    }
  });

  it('filters by name prefix without case and accents, by state and by time', async () => {
    const since = timestampFromDate(new Date());
    await users.createUser({ email: 'straße1@e2e.example'.replace('ß', 'ss'), name: 'Ørsted Straße' });
    const prefixed = await users.listUsers({ filter: { namePrefix: 'orsted STRAS' } });
    expect(prefixed.users.map(({ name }) => name)).toEqual(['Ørsted Straße']);
    const recent = await users.listUsers({ filter: { createdAfter: since, namePrefix: 'o' }, orderBy: 'name' });
    expect(recent.users.map(({ name }) => name)).toEqual(['Ørsted Straße']);
    expect((await users.listUsers({ filter: { createdAfter: since, createdBefore: since } })).users).toEqual([]);
    expect((await users.listUsers({ filter: { isActive: false, createdAfter: since } })).users).toEqual([]);
  });

  it('refuses orders, sizes and tokens that are none', async () => {
    await createMany('token', 3);
    const list = (request: Parameters<typeof users.listUsers>[0]) => refusalOf(users.listUsers(request));
    expect(await list({ orderBy: 'password' })).toMatchObject({ code: 'InvalidArgument', reason: 'ORDER_BY_INVALID' });
    expect(await list({ orderBy: 'name sideways' })).toMatchObject({ reason: 'ORDER_BY_INVALID' });
    expect(await list({ pageSize: -1 })).toMatchObject({ reason: 'FIELD_INVALID', fields: ['page_size'] });
    expect(await list({ pageToken: 'rubbish' })).toMatchObject({ reason: 'PAGE_TOKEN_INVALID' });
    expect(await list({ pageToken: 'a\u0001' })).toMatchObject({ reason: 'PAGE_TOKEN_INVALID' });
    expect(await list({ filter: { namePrefix: 'a\u0001' } })).toMatchObject({ fields: ['filter.name_prefix'] });
    expect(await list({ filter: { createdAfter: timestampFromMs(1e18) } })).toMatchObject({ reason: 'FIELD_INVALID' });
    const { nextPageToken } = await users.listUsers({ pageSize: 1, orderBy: 'name' });
    expect(await list({ pageToken: nextPageToken, orderBy: 'name desc' })).toMatchObject({
      reason: 'PAGE_TOKEN_MISMATCH',
    });
    const tampered = nextPageToken.slice(0, -2) + (nextPageToken.endsWith('AA') ? 'BB' : 'AA');
    expect(await list({ pageToken: tampered, orderBy: 'name' })).toMatchObject({ reason: 'PAGE_TOKEN_INVALID' });
    await users.listUsers({ pageToken: nextPageToken, orderBy: 'name', pageSize: 2, includeTotalSize: true });
  });

  it('imports by the rule for duplicates and says what became of each row', async () => {
    const row = (n: number, name = `Row ${n}`) => ({
      id: `0193a5c0-1111-7000-8000-00000000000${n}`,
      email: `row${n}@e2e.example`,
      name,
    });
    const run = (onDuplicate: OnDuplicate, ...messages: { email: string; name: string }[][]) =>
      users.importUsers(importStream(onDuplicate, ...messages));
    const first = await run(OnDuplicate.UNSPECIFIED, [row(1), { email: 'bad', name: '' }], [row(2), row(1)]);
    expect(first).toMatchObject({ imported: 2n, failed: 2n, updated: 0n, skipped: 0n });
    expect(first.failures.map(({ row, reason }) => [row, reason])).toEqual([
      [1n, 'FIELD_INVALID'],
      [3n, expect.stringMatching(/^(ID|EMAIL)_TAKEN$/)],
    ]);
    expect(await run(OnDuplicate.SKIP, [row(1), row(2), row(3)])).toMatchObject({
      imported: 1n,
      skipped: 2n,
      failed: 0n,
    });
    const before = (await users.getUser({ id: row(2).id })).user!;
    expect(await run(OnDuplicate.UPDATE, [row(1, 'New'), row(2)])).toMatchObject({ updated: 2n, imported: 0n });
    expect((await users.getUser({ id: row(1).id })).user?.name).toBe('New');
    expect((await users.getUser({ id: row(2).id })).user).toEqual(before);
  });

  it('refuses an import that does not begin with its options', async () => {
    const stream = (async function* () {
      yield { payload: { case: 'rows' as const, value: { rows: [] } } };
    })();
    expect(await refusalOf(users.importUsers(stream))).toMatchObject({
      code: 'InvalidArgument',
      reason: 'FIELD_INVALID',
    });
  });
});
