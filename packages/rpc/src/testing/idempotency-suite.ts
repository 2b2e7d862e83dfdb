import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { TandemError } from '../errors.ts';
import { AnswerRecorded, type CallBounds, type Claim, type IdempotencyRecords } from '../idempotency.ts';
import { makeClaim } from './make-claim.ts';

/** A store whose transactions claim, as the suite sees it. */
export interface IdempotentStore<Tx> {
  readonly records: IdempotencyRecords;
  transaction<T extends object>(call: CallBounds & { claim?: Claim }, work: (tx: Tx) => Promise<T>): Promise<T>;
}

export interface IdempotencySubject<Tx> {
  readonly store: IdempotentStore<Tx>;
  /** An effect that cannot be had twice with one id. */
  insert(tx: Tx, id: string): Promise<unknown>;
  /** Whether there is such an effect. */
  exists(id: string): Promise<boolean>;
}

/**
 * What a service's store promises under a claim. The store may hold other records.
 *
 * @param getSubject called within the tests
 */
export function describeIdempotency<Tx>(getSubject: () => IdempotencySubject<Tx>): void {
  const transact = <T extends object>(claim: Claim, work: (tx: Tx) => Promise<T>) =>
    getSubject().store.transaction(Object.assign(makeBounds(), { claim }), work);
  const insert = async (claim: Claim, id: string) =>
    transact(claim, async (tx) => {
      await getSubject().insert(tx, id);
      return { id };
    });
  const find = (claim: Claim) => getSubject().store.records.find(claim, makeBounds());
  const putRefusal = (claim: Claim, text: string) =>
    getSubject().store.records.putRefusal(claim, Buffer.from(text), makeBounds());

  describe('idempotency', () => {
    it('has one effect and one answer however many duplicates race', async () => {
      const claim = makeClaim();
      const ids = Array.from({ length: 6 }, () => randomUUID());
      const answers = await Promise.all(ids.map((id) => untilAnswered(() => insert(claim, id))));
      expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
      const existing = await Promise.all(ids.map((id) => getSubject().exists(id)));
      expect(ids.filter((_, index) => existing[index])).toEqual([answers[0]?.id]);
    });

    it('answers the first answer again, also when its effect could not be repeated', async () => {
      const claim = makeClaim();
      const id = randomUUID();
      await insert(claim, id);
      expect(await insert(claim, id).catch(readRecorded)).toEqual({ id });
      const found = await find(claim);
      expect(found?.kind).toBe('reply');
      expect(textOf(found?.bytes)).toBe(JSON.stringify({ id }));
    });

    it('refuses the same id for another payload', async () => {
      const claim = makeClaim();
      await transact(claim, async () => ({}));
      const other = makeClaim({ requestId: claim.requestId, payload: 'other' });
      const reused = { reason: 'REQUEST_ID_REUSED' };
      await expect(transact(other, async () => ({}))).rejects.toMatchObject(reused);
      await expect(find(other)).rejects.toMatchObject(reused);
      await expect(putRefusal(other, 'x')).rejects.toMatchObject(reused);
    });

    it('tells callers and methods apart', async () => {
      const claim = makeClaim();
      await transact(claim, async () => ({}));
      for (const other of [
        { ...claim, caller: 'another' },
        { ...claim, method: 'suite.Suite/Other' },
      ]) {
        expect(await find(other)).toBeUndefined();
        expect(await transact(other, async () => ({ other: true }))).toEqual({ other: true });
      }
    });

    it('keeps no record of a transaction that threw, so that it may be tried again', async () => {
      const claim = makeClaim();
      await expect(transact(claim, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
      expect(await find(claim)).toBeUndefined();
      expect(await transact(claim, async () => ({ done: true }))).toEqual({ done: true });
    });

    it('keeps the first refusal, whatever comes later', async () => {
      const claim = makeClaim();
      const first = await putRefusal(claim, 'first');
      const second = await putRefusal(claim, 'second');
      expect([first, second].map(({ kind, bytes }) => [kind, textOf(bytes)])).toEqual([
        ['refusal', 'first'],
        ['refusal', 'first'],
      ]);
      await expect(transact(claim, async () => ({}))).rejects.toBeInstanceOf(AnswerRecorded);
    });

    it('keeps the refusal of a transaction that was just given up', async () => {
      for (let round = 0; round < 10; round += 1) {
        const claim = makeClaim();
        await expect(transact(claim, () => Promise.reject(new Error('refused')))).rejects.toThrow('refused');
        expect(textOf((await putRefusal(claim, 'no')).bytes)).toBe('no');
      }
    });

    it('tells a duplicate that the first attempt is still running', async () => {
      const claim = makeClaim();
      const begun = Promise.withResolvers<void>();
      let isReleased = false;
      const first = transact(claim, async (tx) => {
        // Kept busy: a transaction at rest would be ended by the server.
        while (!isReleased) {
          // A store may send the claim and the first statement together: what that statement did stands behind the claim.
          await getSubject().insert(tx, randomUUID());
          begun.resolve();
          await wait(100);
        }
        return {};
      });
      await begun.promise;
      const duplicate = transact(claim, async () => ({}));
      await expect(duplicate).rejects.toMatchObject({ reason: 'REQUEST_IN_PROGRESS' });
      expect(await find(claim)).toBeUndefined();
      isReleased = true;
      await first;
      expect(await find(claim)).toMatchObject({ kind: 'reply' });
    });
  });
}

/** As a call has them: its signal is no property of its own, and a copy lacks it. */
class Bounds implements CallBounds {
  readonly deadline = Date.now() + 10_000;

  get signal(): AbortSignal {
    return new AbortController().signal;
  }
}

function makeBounds(): CallBounds {
  return new Bounds();
}

/** One that waited too long for another is told that it is in progress, and comes again. */
async function untilAnswered(attempt: () => Promise<{ id: string }>): Promise<{ id: string }> {
  for (;;) {
    try {
      return await attempt().catch(readRecorded);
    } catch (error) {
      if (!(error instanceof TandemError && error.reason === 'REQUEST_IN_PROGRESS')) throw error;
    }
  }
}

function readRecorded(error: unknown): { id: string } {
  if (error instanceof AnswerRecorded) return JSON.parse(textOf(error.answer.bytes));
  throw error;
}

function textOf(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? []).toString();
}
