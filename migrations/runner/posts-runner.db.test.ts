import { MongoClient } from 'mongodb';
import { describe, expect, it } from 'vitest';
import { useProcesses } from '../../test/support/use-processes.ts';
import type { PostsMigration } from '../migration.ts';
import { useEmptyPostsDatabase } from '../testing/use-empty-databases.ts';
import { openPostsRunner } from './posts-runner.ts';

function createCollection(name: string): PostsMigration {
  return {
    name,
    up: async (db) => void (await db.createCollection(name)),
    down: async (db) => void (await db.dropCollection(name)),
  };
}

async function collections(url: string): Promise<string[]> {
  await using client = new MongoClient(url);
  const found = await client.db().listCollections({}, { nameOnly: true }).toArray();
  return found.map(({ name }) => name).sort();
}

const [a, b, c] = [createCollection('a'), createCollection('b'), createCollection('c')];

describe('the runner of the posts database', () => {
  const processes = useProcesses();

  it('applies what is pending in the order of the list and undoes the last', async () => {
    const url = await useEmptyPostsDatabase();
    const lines: string[] = [];
    await using runner = await openPostsRunner({ url, migrations: [a, b], log: (line) => lines.push(line) });
    expect(await runner.status()).toEqual({ applied: [], pending: ['a', 'b'], unknown: [] });
    expect(await collections(url)).toEqual([]);
    expect(await runner.up()).toEqual(['a', 'b']);
    expect(await runner.up()).toEqual([]);
    expect(await runner.down()).toBe('b');
    expect(await runner.status()).toEqual({ applied: ['a'], pending: ['b'], unknown: [] });
    expect(lines).toEqual(['posts: applied a', 'posts: applied b', 'posts: undid b']);
    expect(await runner.down()).toBe('a');
    expect(await runner.down()).toBeUndefined();
  });

  it('says that the replica set has another name than the URL gives', async () => {
    const url = `${(await useEmptyPostsDatabase()).split('?')[0]}?replicaSet=other`;
    await expect(openPostsRunner({ url })).rejects.toThrow(
      /\(it is of no replica set of that name\): correct replicaSet, or leave it out, in POSTS_DATABASE_URL$/,
    );
  });

  it('keeps the ones before a failing one and goes on from there', async () => {
    const url = await useEmptyPostsDatabase();
    const failing = { ...b, up: () => Promise.reject(new Error('no room')) };
    await using broken = await openPostsRunner({ url, migrations: [a, failing, c] });
    await expect(broken.up()).rejects.toThrow('posts: up b failed: no room; mend the cause and run it again');
    expect(await broken.status()).toEqual({ applied: ['a'], pending: ['b', 'c'], unknown: [] });
    await using mended = await openPostsRunner({ url, migrations: [a, b, c] });
    expect(await mended.up()).toEqual(['b', 'c']);
  });

  it('runs each migration once when five start together', async () => {
    const url = await useEmptyPostsDatabase();
    const runners = await Promise.all([1, 2, 3, 4, 5].map(() => openPostsRunner({ url, migrations: [a, b, c] })));
    const applied = await Promise.all(runners.map((runner) => runner.up()));
    await Promise.all(runners.map((runner) => runner[Symbol.asyncDispose]()));
    expect(applied.flat()).toEqual(['a', 'b', 'c']);
  });

  it('holds the lock for longer than one lease, and the other gives up with one clear line', async () => {
    const url = await useEmptyPostsDatabase();
    const lines: string[] = [];
    const log = (line: string) => lines.push(line);
    await using second = await openPostsRunner({ url, migrations: [a], leaseMs: 2_000, lockWaitMs: 3_000, log });
    const nested = {
      ...a,
      up: async () => {
        await expect(second.up()).rejects.toThrow('posts: another migration run still holds the lock after 3000 ms');
      },
    };
    await using first = await openPostsRunner({ url, migrations: [nested], leaseMs: 2_000 });
    expect(await first.up()).toEqual(['a']);
    expect(lines).toEqual(['posts: waiting for another migration run to end']);
  });

  it('takes over from a runner that was killed in the middle, once its lease has ended', async () => {
    const url = await useEmptyPostsDatabase();
    const file = new URL('../testing/stuck-runner.ts', import.meta.url).pathname;
    const stuck = await processes.start({ file, args: ['posts', url], ready: /stuck/ });
    await using successor = await openPostsRunner({ url, migrations: [createCollection('stuck')] });
    const waiting = successor.up();
    stuck.kill('SIGKILL');
    expect(await waiting).toEqual(['stuck']);
  });

  it('records nothing once another runner has taken the lock away', async () => {
    const url = await useEmptyPostsDatabase();
    const robbed = {
      ...a,
      up: async () => {
        await using client = new MongoClient(url);
        const lock = { owner: 'another', expires_at: new Date(Date.now() + 60_000) };
        await client.db().collection('migration_locks').updateOne({}, { $set: lock });
        await expect.poll(() => performance.now() - began).toBeGreaterThan(600);
      },
    };
    await using runner = await openPostsRunner({ url, migrations: [robbed, b], leaseMs: 500 });
    const began = performance.now();
    await expect(runner.up()).rejects.toThrow('posts: the migration lock could not be renewed in time');
    expect(await runner.status()).toEqual({ applied: [], pending: ['a', 'b'], unknown: [] });
  });

  it('leaves a database alone that a newer release migrated, but does not undo beneath it', async () => {
    const url = await useEmptyPostsDatabase();
    await using newer = await openPostsRunner({ url, migrations: [a, b, c] });
    await newer.up();
    await using older = await openPostsRunner({ url, migrations: [a, b] });
    expect(await older.up()).toEqual([]);
    expect((await older.status()).unknown).toEqual(['c']);
    await expect(older.down()).rejects.toThrow('posts: c was applied by another release');
  });
});
