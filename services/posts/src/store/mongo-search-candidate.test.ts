import { Binary, BSON } from 'mongodb';
import { expect, it } from 'vitest';
import { readCandidate } from './mongo-search-candidate.ts';

const read = (document: object) => readCandidate(Buffer.from(BSON.serialize(document)));

it.each([
  [{}, {}],
  [{ vector: new Binary(Uint8Array.of(1, 0, 3)) }, { vector: Buffer.of(1, 0, 3) }],
  [{ vector: new Binary(new Uint8Array(0)) }, { vector: Buffer.alloc(0) }],
  [
    { author_id: 'å', create_time: new Date(1_700_000_000_123), publish_time: null },
    { author_id: 'å', create_time: 1_700_000_000_123, publish_time: null },
  ],
  [
    { create_time: new Date(-1), publish_time: new Date(0) },
    { create_time: -1, publish_time: 0 },
  ],
])('a candidate is read as it was written: %o', (written, expected) => {
  const names = { _id: 'été \u{1f33f}', language: '' };
  expect(read({ ...names, ...written })).toEqual({ ...names, ...expected });
  expect(read({ ...written, ...names })).toEqual({ ...names, ...expected });
});

it.each([
  { version: 1 },
  { title: 'A title' },
  { update_time: new Date(0) },
  { search: new Binary(Uint8Array.of(1)) },
  { tags: null },
  { vector: 'AQAD' },
  { author_id: 7 },
])('a document that is none is refused: %o', (other) => {
  expect(() => read({ _id: 'a', language: 'en', ...other })).toThrow(Object.keys(other)[0]);
});
