import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
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
const { users } = BatchGetUsersResponseSchema.field;
const replyWith = (user: Uint8Array) =>
  new BinaryWriter().tag(users.number, WireType.LengthDelimited).bytes(user).finish();
const tellActive = (bytes: Uint8Array) => [...readAuthors(bytes)].map(([id, { isActive }]) => [id, isActive]);

describe('readAuthors', () => {
  it('tells who there are and who is active', () => {
    expect(tellActive(reply)).toEqual([
      ['ada', true],
      ['bob', false],
      ['eve', false],
    ]);
  });

  it('leaves a user as it came, with fields that only a later release knows', () => {
    expect(fromBinary(UserSchema, readAuthors(reply).get('ada')?.bytes ?? new Uint8Array())).toEqual(ada);
  });

  it('passes over a group that only a later release knows, with all that is in it', () => {
    const writer = new BinaryWriter().tag(2_000, WireType.StartGroup);
    writer.tag(UserSchema.field.id.number, WireType.LengthDelimited).string('no user');
    const group = writer.tag(2_000, WireType.EndGroup).finish();
    const user = Buffer.concat([group, toBinary(UserSchema, bob)]);
    expect(tellActive(Buffer.concat([group, replyWith(user)]))).toEqual([['bob', false]]);
  });

  it('takes no field of another type for one that it knows', () => {
    const { id, isActive } = UserSchema.field;
    const others = new BinaryWriter().tag(id.number, WireType.Varint).int32(7);
    others.tag(isActive.number, WireType.LengthDelimited).string('yes');
    const user = Buffer.concat([toBinary(UserSchema, bob), others.finish()]);
    const noUser = new BinaryWriter().tag(users.number, WireType.Varint).int32(7).finish();
    expect(tellActive(Buffer.concat([noUser, replyWith(user)]))).toEqual([['bob', false]]);
  });

  it('throws where the reply, or a user in it, was cut off', () => {
    expect(() => readAuthors(reply.subarray(0, -1))).toThrow();
    const whole = toBinary(UserSchema, create(UserSchema, { id: 'bob' }));
    for (let length = 1; length < whole.length; length += 1) {
      expect(() => readAuthors(replyWith(whole.subarray(0, length)))).toThrow();
    }
  });

  it('throws where a group does not end', () => {
    const open = new BinaryWriter().tag(2_000, WireType.StartGroup).finish();
    expect(() => readAuthors(replyWith(open))).toThrow();
  });
});
