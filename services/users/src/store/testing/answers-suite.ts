import { AnswerRecorded, type Claim } from '@tandem/rpc';
import { makeCall, makeClaim, reasonOf } from '@tandem/rpc/testing';
import { describe, expect, it } from 'vitest';
import type { UserStore } from '../store.ts';

export function describeAnswers(getStore: () => UserStore): void {
  const begin = (claim: Claim) =>
    getStore().transaction({ ...makeCall({ claim }), answeredLater: true }, async () => ({}));
  const answer = (claim: Claim, text: string) =>
    getStore().transaction(makeCall(), (tx) => tx.answers.put(claim, { kind: 'reply', bytes: Buffer.from(text) }));
  const find = async (claim: Claim) => {
    const found = await getStore().records.find(claim, makeCall());
    return found && Buffer.from(found.bytes).toString();
  };

  describe('a call that is answered later', () => {
    it('is in progress to everybody else until it is answered', async () => {
      const claim = makeClaim();
      await begin(claim);
      expect(await reasonOf(begin(claim))).toBe('REQUEST_IN_PROGRESS');
      expect(await reasonOf(find(claim))).toBe('REQUEST_IN_PROGRESS');
      const refusal = getStore().records.putRefusal(claim, Buffer.from('no'), makeCall());
      expect(await reasonOf(refusal)).toBe('REQUEST_IN_PROGRESS');
    });

    it('has the first answer that is put, whoever puts another', async () => {
      const claim = makeClaim();
      await begin(claim);
      const texts = await Promise.all(['a', 'b', 'c'].map((text) => answer(claim, text)));
      const [first] = texts.map(({ bytes }) => Buffer.from(bytes).toString());
      expect(texts.map(({ bytes }) => Buffer.from(bytes).toString())).toEqual([first, first, first]);
      expect(await find(claim)).toBe(first);
      await expect(begin(claim)).rejects.toBeInstanceOf(AnswerRecorded);
    });

    it('is answered with the transaction that puts the answer, or not at all', async () => {
      const claim = makeClaim();
      await begin(claim);
      const failed = getStore().transaction(makeCall(), async (tx) => {
        await tx.answers.put(claim, { kind: 'reply', bytes: Buffer.from('never') });
        throw new Error('no');
      });
      await expect(failed).rejects.toThrow('no');
      expect(await reasonOf(find(claim))).toBe('REQUEST_IN_PROGRESS');
    });

    it('begins anew once the claim is withdrawn, which leaves an answer alone', async () => {
      const claim = makeClaim();
      const withdraw = () =>
        getStore().transaction(makeCall(), async (tx) => {
          await tx.answers.withdraw(claim);
          return {};
        });
      await begin(claim);
      await withdraw();
      expect(await find(claim)).toBeUndefined();
      await begin(claim);
      await answer(claim, 'stands');
      await withdraw();
      expect(await find(claim)).toBe('stands');
    });
  });
}
