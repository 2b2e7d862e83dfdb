import { randomUUID } from 'node:crypto';
import { toJsonString } from '@bufbuild/protobuf';
import { ListSessionsResponseSchema } from '@tandem/contracts/users';
import { describe, expect, it } from 'vitest';
import { queryDatabase } from '../../../../test/support/query-database.ts';
import { refusalOf } from './testing/call-handler.ts';
import { useSessions } from './testing/use-sessions.ts';

const { url, makeLogIn, makeUser, validate, revoke, revokeAll, list } = await useSessions();
const logIn = makeLogIn();

describe('ValidateSession', () => {
  it.each(['unknown', '', 'ünïcode', '\u0000'])('refuses the token %j', async (token) => {
    expect(await refusalOf(validate(token))).toMatchObject({ reason: 'SESSION_INVALID' });
  });

  it('refuses the session of a user who is not active', async () => {
    const user = await makeUser();
    const { token } = await logIn({ email: user.email });
    await queryDatabase(url, 'UPDATE users SET is_active = false WHERE id = $1', [user.id]);
    expect(await refusalOf(validate(token))).toMatchObject({ reason: 'SESSION_INVALID' });
  });

  it('refuses a session from its last instant on', async () => {
    const user = await makeUser();
    const { token, session } = await logIn({ email: user.email });
    await queryDatabase(url, 'UPDATE sessions SET expire_time = now() WHERE id = $1', [session.id]);
    expect(await refusalOf(validate(token))).toMatchObject({ reason: 'SESSION_INVALID' });
  });
});

describe('RevokeSession, RevokeUserSessions', () => {
  it('end by token or id, and count what they ended', async () => {
    const user = await makeUser();
    const [a, b] = [await logIn({ email: user.email }), await logIn({ email: user.email })];
    expect((await revoke({ case: 'token', value: a.token })).revoked).toBe(1n);
    expect((await revoke({ case: 'token', value: a.token })).revoked).toBe(0n);
    expect((await revoke({ case: 'id', value: b.session.id })).revoked).toBe(1n);
    expect((await revoke({ case: 'id', value: randomUUID() })).revoked).toBe(0n);
    for (const { token } of [a, b])
      expect(await refusalOf(validate(token))).toMatchObject({ reason: 'SESSION_INVALID' });
  });

  it("end a user's sessions but the one that stays", async () => {
    const user = await makeUser();
    const [a, b, c] = [
      await logIn({ email: user.email }),
      await logIn({ email: user.email }),
      await logIn({ email: user.email }),
    ];
    expect((await revokeAll(user.id, b.session.id)).revoked).toBe(2n);
    expect((await validate(b.token)).session).toEqual(b.session);
    for (const { token } of [a, c])
      expect(await refusalOf(validate(token))).toMatchObject({ reason: 'SESSION_INVALID' });
    expect((await revokeAll(user.id)).revoked).toBe(1n);
    expect((await revokeAll(randomUUID())).revoked).toBe(0n);
  });
});

describe('ListSessions', () => {
  it('leads from page to page, latest first, counts when asked, and never shows a token', async () => {
    const user = await makeUser();
    const logins = [];
    for (let count = 0; count < 5; count += 1) logins.push(await logIn({ email: user.email }));
    await revoke({ case: 'token', value: logins[2]!.token });
    const first = await list({ userId: user.id, activeOnly: true, pageSize: 3, includeTotalSize: true });
    const second = await list({ userId: user.id, activeOnly: true, pageSize: 3, pageToken: first.nextPageToken });
    const standing = logins.filter((_, index) => index !== 2).toReversed();
    expect([...first.sessions, ...second.sessions]).toEqual(standing.map(({ session }) => session));
    expect([first.totalSize, second.totalSize, second.nextPageToken]).toEqual([4, undefined, '']);
    const all = await list({ userId: user.id });
    expect(all.sessions.filter(({ revokeTime }) => revokeTime !== undefined).map(({ id }) => id)).toEqual([
      logins[2]!.session.id,
    ]);
    const shown = toJsonString(ListSessionsResponseSchema, all);
    for (const { token } of logins) expect(shown).not.toContain(token);
  });

  it('refuses a token for other arguments', async () => {
    const user = await makeUser();
    for (let count = 0; count < 2; count += 1) await logIn({ email: user.email });
    const { nextPageToken: pageToken } = await list({ userId: user.id, pageSize: 1 });
    const refused = list({ userId: user.id, activeOnly: true, pageToken });
    expect(await refusalOf(refused)).toMatchObject({ reason: 'PAGE_TOKEN_MISMATCH' });
  });
});
