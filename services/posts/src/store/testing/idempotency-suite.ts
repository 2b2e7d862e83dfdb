import { AnswerRecorded } from '@tandem/rpc';
import { describe, expect, it } from 'vitest';
import type { PostStore } from '../store.ts';
import { makeCall, makeClaim, makePost, reasonOf } from './store-calls.ts';

export function describeIdempotency(getStore: () => PostStore): void {
  describe('idempotency', () => {
    it('has one effect and one answer however many duplicates race', async () => {
      const claim = makeClaim();
      const attempts = Array.from({ length: 12 }, async () => {
        try {
          return await getStore().transaction(makeCall(claim), async (tx) => {
            const post = makePost();
            await tx.posts.insert(post);
            return { id: post.id };
          });
        } catch (error) {
          if (error instanceof AnswerRecorded) return JSON.parse(Buffer.from(error.answer.bytes).toString());
          throw error;
        }
      });
      const answers = new Set((await Promise.all(attempts)).map(({ id }) => id));
      expect(answers.size).toBe(1);
      const [id = ''] = answers;
      expect(await getStore().reader.get(id, makeCall())).toBeDefined();
    });

    it('answers the first answer again, also when its effect could not be repeated', async () => {
      const claim = makeClaim();
      const post = makePost();
      const work = () =>
        getStore().transaction(makeCall(claim), async (tx) => {
          await tx.posts.insert(post);
          return { id: post.id };
        });
      await work();
      const error = await work().catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(AnswerRecorded);
      const found = await getStore().records.find(claim, makeCall());
      expect(found).toEqual(error instanceof AnswerRecorded ? error.answer : undefined);
      expect(Buffer.from(found?.bytes ?? []).toString()).toBe(JSON.stringify({ id: post.id }));
    });

    it('refuses the same id for another payload', async () => {
      const claim = makeClaim();
      await getStore().transaction(makeCall(claim), async () => ({}));
      const other = makeClaim({ requestId: claim.requestId, payload: 'other' });
      expect(await reasonOf(getStore().transaction(makeCall(other), async () => ({})))).toBe('REQUEST_ID_REUSED');
      expect(await reasonOf(getStore().records.find(other, makeCall()))).toBe('REQUEST_ID_REUSED');
      expect(await reasonOf(getStore().records.putRefusal(other, Buffer.from('x'), makeCall()))).toBe(
        'REQUEST_ID_REUSED',
      );
    });

    it('keeps no record of a transaction that threw, so that it may be tried again', async () => {
      const claim = makeClaim();
      const failed = getStore().transaction(makeCall(claim), () => Promise.reject(new Error('no')));
      await expect(failed).rejects.toThrow('no');
      expect(await getStore().records.find(claim, makeCall())).toBeUndefined();
    });

    it('keeps the first refusal, whatever comes later', async () => {
      const claim = makeClaim();
      const { records } = getStore();
      const first = await records.putRefusal(claim, Buffer.from('first'), makeCall());
      const second = await records.putRefusal(claim, Buffer.from('second'), makeCall());
      expect(Buffer.from(second.bytes).toString()).toBe('first');
      expect(first.kind).toBe('refusal');
      const again = getStore().transaction(makeCall(claim), async () => ({}));
      await expect(again).rejects.toBeInstanceOf(AnswerRecorded);
    });

    it('tells a duplicate that the first attempt is still running', async () => {
      const claim = makeClaim();
      const begun = Promise.withResolvers<void>();
      const release = Promise.withResolvers<void>();
      const first = getStore().transaction(makeCall(claim), async () => {
        begun.resolve();
        await release.promise;
        return {};
      });
      await begun.promise;
      expect(await reasonOf(getStore().transaction(makeCall(claim), async () => ({})))).toBe('REQUEST_IN_PROGRESS');
      expect(await getStore().records.find(claim, makeCall())).toBeUndefined();
      release.resolve();
      await first;
      expect(await getStore().records.find(claim, makeCall())).toMatchObject({ kind: 'reply' });
    });
  });
}
