import { makeCall, reasonOf } from '@tandem/rpc/testing';
import { BSON, MongoClient } from 'mongodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { usePostsDatabase } from '../../../../test/support/use-posts-database.ts';
import { createJointReader, type JointRead } from './joint-reads.ts';

const client = new MongoClient(await usePostsDatabase(), { monitorCommands: true });
const db = client.db();
const readJointly = createJointReader(db);
const statements: string[] = [];

beforeAll(async () => {
  await db.collection('numbers').insertMany(Array.from({ length: 100 }, (_, value) => ({ value })));
  await db.collection('letters').insertMany([{ value: 'a' }, { value: 'b' }]);
  client.on('commandStarted', ({ commandName }) => statements.push(commandName));
});
beforeEach(() => void statements.splice(0));
afterAll(() => client.close());

const readOf = (collection: string, match: object, limit = 100): JointRead => {
  return { collection, pipeline: [{ $match: match }, { $sort: { value: 1 } }, { $limit: limit }], limit };
};
const numbers = (below: number, limit?: number) => readOf('numbers', { value: { $lt: below } }, limit);
const valuesOf = (documents: readonly Uint8Array[]) => documents.map((document) => BSON.deserialize(document).value);
const readAll = async (reads: readonly JointRead[], call = makeCall()) =>
  (await Promise.all(reads.map((read) => readJointly(read, call)))).map(valuesOf);

describe('what a call reads in one turn', () => {
  it('comes by one statement, each read with its own documents', async () => {
    const reads = [numbers(3), numbers(0), readOf('letters', {}), readOf('nowhere', {}), numbers(2)];
    expect(await readAll(reads)).toEqual([[0, 1, 2], [], ['a', 'b'], [], [0, 1]]);
    expect(statements).toEqual(['aggregate']);
  });

  it('comes by several statements where it is much', async () => {
    const all = Array.from({ length: 100 }, (_, value) => value);
    expect(await readAll([numbers(100, 600), numbers(2, 100), numbers(100, 600)])).toEqual([all, [0, 1], all]);
    expect(statements).toEqual(['aggregate', 'aggregate']);
  });

  it('shares no statement with another call', async () => {
    expect(await Promise.all([readAll([numbers(1)]), readAll([numbers(2)])])).toEqual([[[0]], [[0, 1]]]);
    expect(statements).toEqual(['aggregate', 'aggregate']);
  });

  describe('that take long', () => {
    const slowly = { $function: { body: 'function() { sleep(100); return true; }', args: [], lang: 'js' } };
    const slow = { collection: 'numbers', pipeline: [{ $match: { $expr: slowly } }], limit: 100 };

    it('are over when the time for the call is', async () => {
      const call = makeCall({ deadline: Date.now() + 1_000 });
      expect(await reasonOf(readJointly(slow, call))).toBe('DEADLINE_EXCEEDED');
    });

    it('are over when the caller goes away', async () => {
      const caller = new AbortController();
      client.once('commandStarted', () => caller.abort());
      const call = makeCall({ deadline: Date.now() + 60_000, signal: caller.signal });
      await expect(readJointly(slow, call)).rejects.toThrow('aborted');
    });
  });

  it('fails together', async () => {
    const call = makeCall();
    const wrong = { collection: 'numbers', pipeline: [{ $unheardOf: {} }], limit: 1 };
    const outcomes = await Promise.allSettled([readJointly(numbers(1), call), readJointly(wrong, call)]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });
});
