import { MongoBulkWriteError, MongoServerError } from 'mongodb';
import { describe, expect, it } from 'vitest';
import { isEndedByServer, isTooLargeForCache, translateError } from './mongo-errors.ts';
import { TransactionEnded } from './store.ts';

/** As the driver throws for a bulk write whose transaction was ended: the code is there, a label is not. */
const bulkError = (code: number) =>
  new MongoBulkWriteError({ code, message: 'ended', writeErrors: [] }, { insertedIds: {} } as never);
const statementError = (code: number) => new MongoServerError({ code, errmsg: 'ended', ok: 0 });

describe('a transaction that the server ended', () => {
  it.each([251, 290, 388])('is known by code %d, in a bulk write too', (code) => {
    for (const error of [bulkError(code), statementError(code)]) {
      expect(isEndedByServer(error)).toBe(true);
      expect(isTooLargeForCache(error)).toBe(code === 388);
      expect(translateError(error)).toBeInstanceOf(TransactionEnded);
    }
  });

  it('is none that met another, nor what is no error of the server', () => {
    for (const error of [bulkError(112), statementError(112), new Error('251')]) {
      expect(isEndedByServer(error)).toBe(false);
      expect(translateError(error)).toBe(error);
    }
  });
});
