import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { WireType } from '@bufbuild/protobuf/wire';
import { BatchGetUsersResponseSchema, UserSchema } from '@tandem/contracts/users';
import { describe, expect, it } from 'vitest';
import { readAuthors } from './read-authors.ts';

const later = { no: 5_000, wireType: WireType.LengthDelimited, data: Uint8Array.of(2, 1, 2) };
const ada = create(UserSchema, { id: 'ada', email: 'ada@example.com', isActive: true, points: 5n });
ada.$unknown = [later];
const bob = create(UserSchema, { id: 'bob', isActive: false, etag: '3' });
const eve = create(UserSchema, { id: 'eve' });
const message = create(BatchGetUsersResponseSchema, { users: [ada, bob, eve], missingIds: ['x'] });
message.$unknown = [later];
const reply = toBinary(BatchGetUsersResponseSchema, message);

describe('readAuthors', () => {
  it('tells who there are and who is active', () => {
    const authors = [...readAuthors(reply)].map(([id, { isActive }]) => [id, isActive]);
    expect(authors).toEqual([
      ['ada', true],
      ['bob', false],
      ['eve', false],
    ]);
  });

  it('leaves a user as it came, with fields that only a later release knows', () => {
    expect(fromBinary(UserSchema, readAuthors(reply).get('ada')?.bytes ?? new Uint8Array())).toEqual(ada);
  });

  it('throws where the reply was cut off', () => {
    expect(() => readAuthors(reply.subarray(0, -1))).toThrow();
  });
});
