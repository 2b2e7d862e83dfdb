import { MongoAPIError, MongoNetworkError, MongoServerError } from 'mongodb';
import { expect, it } from 'vitest';
import { translateStreamError } from './mongo-change-stream.ts';

const ofServer = (code: number) => new MongoServerError({ message: 'said by the server', code });

it.each([
  ['a state before a change that is gone', ofServer(47), 'CURSOR_EXPIRED'],
  ['a history that is lost', ofServer(286), 'CURSOR_EXPIRED'],
  ['a stream that cannot go on', ofServer(280), 'CURSOR_EXPIRED'],
  ['a place of another collection', ofServer(260), 'CURSOR_EXPIRED'],
  ['no primary', ofServer(10107), 'STORE_UNAVAILABLE'],
  ['a connection that broke', new MongoNetworkError('broken'), 'STORE_UNAVAILABLE'],
  ['a stream that the driver closed', new MongoAPIError('ChangeStream is closed'), 'STORE_UNAVAILABLE'],
])('a change stream that fails for %s', (_, error, reason) => {
  expect(translateStreamError(error)).toMatchObject({ reason, message: expect.not.stringContaining(error.message) });
});

it('a change stream that fails for what nobody foresaw fails with it', () => {
  const error = ofServer(2);
  expect(translateStreamError(error)).toBe(error);
});
