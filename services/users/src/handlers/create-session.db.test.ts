import { randomUUID } from 'node:crypto';
import { TandemError } from '@tandem/rpc';
import { makeCall } from '@tandem/rpc/testing';
import argon2 from 'argon2';
import { describe, expect, it } from 'vitest';
import { queryDatabase } from '../../../../test/support/query-database.ts';
import type { PasswordHasher } from '../domain/password.ts';
import { refusalOf } from './testing/call-handler.ts';
import { hasher, password, useSessions } from './testing/use-sessions.ts';

const { url, passwordHash, makeLogIn, makeUser, validate, list } = await useSessions();
const logIn = makeLogIn();
const readHash = async (id: string) =>
  (await queryDatabase<{ hash: string }>(url, 'SELECT password_hash AS hash FROM users WHERE id = $1', [id]))[0]?.hash;

/** All that a refusal would tell. */
async function describeRefusal(work: Promise<unknown>) {
  const error = await work.catch((thrown: unknown) => thrown);
  if (!(error instanceof TandemError)) throw error;
  const { reason, message, metadata, violations, retryAfterMs } = error;
  return { reason, message, metadata, violations, retryAfterMs };
}

describe('CreateSession', () => {
  it('opens a session for the e-mail in any case, and tells its token', async () => {
    const user = await makeUser();
    const agent = { userAgent: 'Łynx/1.0', ip: '::FFFF:192.0.2.1' };
    const { session, user: shown, token } = await logIn({ email: user.email.toUpperCase(), ...agent });
    expect(token).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(session).toMatchObject({ userId: user.id, ...agent });
    expect(session.expireTime!.seconds - session.createTime!.seconds).toBe(3600n);
    expect(await validate(token)).toMatchObject({ session, user: shown });
    expect(shown.id).toBe(user.id);
  });

  it('keeps no token, only a digest of it', async () => {
    const user = await makeUser();
    const { token } = await logIn({ email: user.email });
    const [row] = await queryDatabase<{ text: string }>(
      url,
      'SELECT sessions::text AS text FROM sessions WHERE user_id = $1',
      [user.id],
    );
    expect(row?.text).toContain(user.id);
    for (const form of [token, Buffer.from(token).toString('hex'), Buffer.from(token, 'base64url').toString('hex')]) {
      expect(row?.text).not.toContain(form);
    }
  });

  it.each([
    [{ seconds: 1n, nanos: 0 }, 1_000_000n],
    [{ seconds: 1n, nanos: 500_000_999 }, 1_500_000n],
    [{ seconds: 2_592_000n, nanos: 1_000 }, 2_592_000_000_000n],
    [{ seconds: 315_576_000_000n, nanos: 0 }, 2_592_000_000_000n],
  ])('lives as long as asked, and 30 days at most: %o', async (ttl, micros) => {
    const user = await makeUser();
    const { session } = await logIn({ email: user.email, ttl });
    const at = ({ seconds, nanos }: { seconds: bigint; nanos: number }) => seconds * 1_000_000n + BigInt(nanos / 1000);
    expect(at(session.expireTime!) - at(session.createTime!)).toBe(micros);
  });

  it.each([
    [{ ttl: { seconds: 0n, nanos: 999_999_999 } }, 'ttl'],
    [{ ttl: { seconds: 1n, nanos: -1 } }, 'ttl'],
    [{ ip: '192.0.2.256' }, 'ip'],
    [{ ip: 'fe80::1%eth0' }, 'ip'],
    [{ ip: 'example.org' }, 'ip'],
  ])('refuses %o', async (init, field) => {
    const user = await makeUser();
    expect(await refusalOf(logIn({ email: user.email, ...init }))).toEqual({
      reason: 'FIELD_INVALID',
      fields: [field],
    });
  });

  it('answers one thing to whoever it does not let in', async () => {
    const [active, withoutPassword, inactive] = [
      await makeUser(),
      await makeUser({ passwordHash: null }),
      await makeUser(),
    ];
    await queryDatabase(url, 'UPDATE users SET is_active = false WHERE id = $1', [inactive.id]);
    const refusals = await Promise.all(
      [
        logIn({ email: active.email, password: 'wrong' }),
        logIn({ email: active.email, password: '' }),
        logIn({ email: `${randomUUID()}@example.org` }),
        logIn({ email: withoutPassword.email }),
        logIn({ email: inactive.email }),
        logIn({ email: inactive.email, password: 'wrong' }),
      ].map(describeRefusal),
    );
    expect(new Set(refusals.map((refusal) => JSON.stringify(refusal))).size).toBe(1);
    expect(refusals[0]).toMatchObject({ reason: 'CREDENTIALS_INVALID', violations: [], metadata: {} });
  });

  it('costs one hash under the live parameters whoever is refused', async () => {
    const [active, withoutPassword] = [await makeUser(), await makeUser({ passwordHash: null })];
    const verified: string[] = [];
    const passwords = { ...hasher, verify: async (hash: string) => verified.push(hash) === 0 };
    const logInObserved = makeLogIn({ passwords });
    for (const email of [active.email, withoutPassword.email, `${randomUUID()}@example.org`]) {
      expect(await refusalOf(logInObserved({ email }))).toMatchObject({ reason: 'CREDENTIALS_INVALID' });
    }
    const costs = verified.map((hash) => hash.split('$').slice(1, 4).join('$'));
    expect(costs).toEqual(Array.from({ length: 3 }, () => passwordHash.split('$').slice(1, 4).join('$')));
  });

  it('takes the password however it was typed', async () => {
    const user = await makeUser({ passwordHash: await hasher.hash('caf\u00e9 au lait', makeCall().signal) });
    expect((await logIn({ email: user.email, password: 'cafe\u0301 au lait' })).user.id).toBe(user.id);
  });

  it('renews a hash of older parameters, which changes nothing else', async () => {
    const old = await argon2.hash(password, { type: argon2.argon2id, memoryCost: 1024, timeCost: 1, parallelism: 1 });
    const user = await makeUser({ passwordHash: old });
    const logins = await Promise.all(Array.from({ length: 4 }, () => logIn({ email: user.email })));
    expect(await readHash(user.id)).toMatch(/^\$argon2id\$v=19\$m=19456,p=1,t=2\$/);
    for (const { token, user: shown } of logins) {
      expect((await validate(token)).user).toEqual(shown);
      expect(shown.etag).toBe('1');
    }
    expect(await logIn({ email: user.email })).toMatchObject({
      user: { etag: '1', updateTime: logins[0]?.user.updateTime },
    });
  });

  it('lets in with a hash that could not be renewed', async () => {
    const old = await argon2.hash(password, { type: argon2.argon2id, memoryCost: 1024, timeCost: 1, parallelism: 1 });
    const user = await makeUser({ passwordHash: old });
    const full = { ...hasher, hash: () => Promise.reject(new TandemError('HASH_QUEUE_FULL', 'full')) };
    expect((await makeLogIn({ passwords: full })({ email: user.email })).user.id).toBe(user.id);
    expect(await readHash(user.id)).toBe(old);
  });

  it('refuses the right password too while the e-mail is throttled, known or not', async () => {
    const throttled = makeLogIn({ failuresPerIdentifier: 2 });
    for (const email of [(await makeUser()).email, `${randomUUID()}@example.org`]) {
      const attempt = (tried: string) => refusalOf(throttled({ email, password: tried }));
      const outcomes = [
        await attempt('wrong'),
        await attempt('wrong'),
        await attempt('wrong'),
        await attempt(password),
      ];
      expect(outcomes.map((outcome) => (outcome as { reason: string }).reason)).toEqual([
        'CREDENTIALS_INVALID',
        'CREDENTIALS_INVALID',
        'LOGIN_THROTTLED',
        'LOGIN_THROTTLED',
      ]);
    }
  });

  it('verifies ten of fifty wrong passwords that come at once', async () => {
    const user = await makeUser();
    let verified = 0;
    const passwords = {
      ...hasher,
      verify: async () => {
        verified += 1;
        return false;
      },
    };
    const attempt = makeLogIn({ passwords });
    await Promise.all(Array.from({ length: 50 }, () => refusalOf(attempt({ email: user.email, password: 'wrong' }))));
    expect(verified).toBe(10);
  });

  it('does not count what was not verified', async () => {
    const user = await makeUser();
    const full = () => Promise.reject(new TandemError('HASH_QUEUE_FULL', 'full'));
    const passwords = { ...hasher, verify: hasher.verify };
    const attempt = makeLogIn({ passwords, failuresPerIdentifier: 1 });
    passwords.verify = full;
    for (let count = 0; count < 3; count += 1) {
      expect(await refusalOf(attempt({ email: user.email }))).toMatchObject({ reason: 'HASH_QUEUE_FULL' });
    }
    passwords.verify = hasher.verify;
    expect((await attempt({ email: user.email })).user.id).toBe(user.id);
  });

  it('is decided anew when the hash changes while it is verified', async () => {
    const user = await makeUser();
    const other = await hasher.hash('another password', makeCall().signal);
    let isFirst = true;
    const verify: PasswordHasher['verify'] = async (hash, tried, signal) => {
      const isRight = await hasher.verify(hash, tried, signal);
      if (isFirst) await queryDatabase(url, 'UPDATE users SET password_hash = $1 WHERE id = $2', [other, user.id]);
      isFirst = false;
      return isRight;
    };
    const attempt = makeLogIn({ passwords: { ...hasher, verify } });
    expect(await refusalOf(attempt({ email: user.email }))).toMatchObject({ reason: 'CREDENTIALS_INVALID' });
    expect((await list({ userId: user.id })).sessions).toEqual([]);
  });
});
