import { randomUUID } from 'node:crypto';
import { startTcpProxy } from '@tandem/dev-stack';
import { makeCall } from '@tandem/rpc/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { queryDatabase } from '../../../../test/support/query-database.ts';
import { useUsersDatabase } from '../../../../test/support/use-users-database.ts';
import { PostgresPool } from './postgres-pool.ts';
import { createPostgresUserStore } from './postgres-user-store.ts';
import { createReplicaReads, type ReplicaReadsOptions } from './replica-reads.ts';
import type { UserStore } from './store.ts';
import { insertUser } from './testing/store-calls.ts';
import { throughPort, usePool } from './testing/use-postgres.ts';

const primary = usePool(await useUsersDatabase());
/** A database of its own that takes no writes, as a standby: what was read tells where. */
const replicaUrl = await useUsersDatabase();
const proxy = await startTcpProxy({ targetPort: Number(new URL(replicaUrl).port) });
afterAll(() => proxy[Symbol.asyncDispose]());
const there = { id: randomUUID(), email: 'there@example.org' };

beforeAll(async () => {
  await queryDatabase(
    replicaUrl,
    `INSERT INTO users (id, email, name, name_folded) VALUES ($1, $2, 'There', 'there')`,
    [there.id, there.email],
  );
  const name = new URL(replicaUrl).pathname.slice(1);
  await queryDatabase(replicaUrl, `ALTER DATABASE "${name}" SET default_transaction_read_only = on`);
});

describe('eventual reads', () => {
  let told: string[];
  let replica: PostgresPool;
  let store: UserStore;
  const log: ReplicaReadsOptions['log'] = {
    info: (text) => void told.push(text),
    warn: (_, text) => void told.push(text),
  };

  beforeEach(() => {
    told = [];
    replica = new PostgresPool({
      url: throughPort(replicaUrl, proxy.port),
      size: 1,
      overflow: 1,
      acceptsReadOnly: true,
    });
    store = createPostgresUserStore(primary, createReplicaReads({ replica, primary, log }));
    return async () => {
      proxy.resume();
      await replica[Symbol.asyncDispose]();
    };
  });

  it('read the replica, all others the primary', async () => {
    const here = await insertUser(store);
    const call = makeCall();
    expect((await store.eventualReader.get(there.id, call))?.email).toBe(there.email);
    expect(await store.eventualReader.get(here.id, call)).toBeUndefined();
    expect(await store.reader.get(there.id, call)).toBeUndefined();
    expect(await store.reader.get(here.id, call)).toEqual(here);
    expect(await store.eventualReader.count({}, call)).toBe(1n);
    expect((await store.eventualReader.stats({ filter: {}, bucket: 'day' }, call)).total).toBe(1n);
    expect(told).toEqual([]);
  });

  it('read the primary while the replica is away, which the log tells once', async () => {
    const here = await insertUser(store);
    await store.eventualReader.get(there.id, makeCall());
    proxy.refuse();
    for (let read = 0; read < 5; read += 1) {
      expect(await store.eventualReader.get(here.id, makeCall())).toEqual(here);
    }
    expect(told).toEqual([expect.stringContaining('replica')]);
  });

  it('read the primary when the replica is silent, within the deadline', async () => {
    const here = await insertUser(store);
    await store.eventualReader.get(there.id, makeCall());
    proxy.blackhole();
    const call = { ...makeCall(), deadline: Date.now() + 4_000 };
    expect(await store.eventualReader.get(here.id, call)).toEqual(here);
    const hurried = { ...makeCall(), deadline: Date.now() + 2_000 };
    expect(await store.eventualReader.get(here.id, hurried)).toEqual(here);
    expect(told).toEqual([expect.stringContaining('replica')]);
  });

  it('read the primary when the replica cannot run the statement', async () => {
    const here = await insertUser(store);
    await queryDatabase(replicaUrl, 'BEGIN READ WRITE; ALTER TABLE users RENAME TO users_of_old; COMMIT');
    try {
      expect(await store.eventualReader.get(here.id, makeCall())).toEqual(here);
    } finally {
      await queryDatabase(replicaUrl, 'BEGIN READ WRITE; ALTER TABLE users_of_old RENAME TO users; COMMIT');
    }
  });

  it('go back to the replica when it has had its rest', async () => {
    let now = 0;
    const source = createReplicaReads({ replica, primary, log, now: () => now });
    const { eventualReader } = createPostgresUserStore(primary, source);
    proxy.refuse();
    expect(await eventualReader.get(there.id, makeCall())).toBeUndefined();
    proxy.resume();
    now = 4_999;
    expect(await eventualReader.get(there.id, makeCall())).toBeUndefined();
    now = 5_000;
    expect((await eventualReader.get(there.id, makeCall()))?.email).toBe(there.email);
    expect(told).toEqual([expect.stringContaining('go to the primary'), 'replica: serves EVENTUAL reads again']);
  });

  it('end at once when the call is over', async () => {
    const signal = AbortSignal.abort(new Error('went away'));
    await expect(store.eventualReader.getMany([there.id], { ...makeCall(), signal })).rejects.toThrow('went away');
    expect(told).toEqual([]);
  });
});
