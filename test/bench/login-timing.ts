import { randomUUID } from 'node:crypto';
import { Code, ConnectError } from '@connectrpc/connect';
import { createUsersClient } from '@tandem/contracts';
import { startDevStack } from '@tandem/dev-stack';
import { migrateUsers } from '@tandem/migrations';
import { createRandom } from '@tandem/rpc/testing/random';
import { startService } from '../pair/start-service.ts';
import { shuffle } from './load/shuffle.ts';
import { estimateMedian } from './statistics/median-interval.ts';

/*
 * How long CreateSession takes to refuse, by why it refuses: nobody may tell from it whether an e-mail is a user's.
 * Run: node test/bench/login-timing.ts [tries of each kind, default 200]
 */

const tries = Number(process.argv[2] ?? 200);
const password = 'correct horse';

await using stack = await startDevStack({ env: { PATH: process.env.PATH }, only: ['postgres', 'redis'] });
const { usersDatabaseUrl, redisUrl } = stack;
await migrateUsers({ url: usersDatabaseUrl });
await using service = await startService('users', {
  USERS_DATABASE_URL: usersDatabaseUrl,
  REDIS_URL: redisUrl,
  LOGIN_FAILURES_PER_IDENTIFIER: '1000000',
});
await using users = createUsersClient(service.grpc, { maxAttempts: 1 });

async function createUser(fields: { readonly password?: string; readonly isActive?: boolean }): Promise<string> {
  const id = randomUUID();
  const email = `${id}@bench.example`;
  const { isActive = true, ...created } = fields;
  await users.createUser({ userId: id, email, name: 'Ada', ...created });
  if (!isActive) await users.updateUser({ user: { id, isActive }, updateMask: { paths: ['is_active'] } });
  return email;
}

const known = await createUser({ password });
const kinds = [
  { why: 'wrong password', email: known, password: 'wrong password' },
  { why: 'unknown e-mail', email: `${randomUUID()}@bench.example`, password },
  { why: 'no password', email: await createUser({}), password },
  { why: 'not active', email: await createUser({ password, isActive: false }), password },
];

async function timeRefusal(login: { readonly email: string; readonly password: string }): Promise<number> {
  const begunAt = performance.now();
  try {
    await users.createSession(login);
  } catch (error) {
    if (error instanceof ConnectError && error.code === Code.Unauthenticated) return performance.now() - begunAt;
    throw error;
  }
  throw new Error('A login that had to be refused was let in.');
}

const times = new Map(kinds.map(({ why }) => [why, [] as number[]]));
const random = createRandom(1).fraction;
for (let round = -10; round < tries; round += 1) {
  // In another order each round, so that none always comes after the same; the first ten warm up.
  for (const { why, ...login } of shuffle(kinds, random)) {
    const elapsedMs = await timeRefusal(login);
    if (round >= 0) times.get(why)?.push(elapsedMs);
  }
}
const reference = estimateMedian(times.get('wrong password') ?? []).median;
for (const [why, elapsed] of times) {
  const { median, low, high } = estimateMedian(elapsed);
  const ratio = (median / reference).toFixed(3);
  console.log(`${why.padEnd(16)} ${median.toFixed(2)} ms (${low.toFixed(2)} to ${high.toFixed(2)}), × ${ratio}`);
}
