import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { BatchGetUsersResponseSchema, GetUserResponseSchema, UserSchema } from '@tandem/contracts/users';
import { EncodedReply, type Readers, writeMessage, writeText } from '@tandem/rpc';
import { toMicros } from '../domain/time.ts';
import type { User } from '../domain/user.ts';
import type { EncodedUserReader, UserReader } from '../store/store.ts';
import { toUserMessage } from './user-message.ts';

/** A user's message as bytes. */
export function encodeUser(user: User): Uint8Array {
  return toBinary(UserSchema, create(UserSchema, toUserMessage(user)));
}

/** The user of `encodeUser`'s bytes. */
export function decodeUser(bytes: Uint8Array): User {
  const { id, email, name, isActive, points, createTime, updateTime, etag } = fromBinary(UserSchema, bytes);
  if (email === undefined || name === undefined || isActive === undefined || !createTime || !updateTime) {
    throw new Error('The bytes of a user lack what every user has.');
  }
  const times = { createTime: toMicros(createTime), updateTime: toMicros(updateTime) };
  return { id, email, name, isActive, points, ...times, version: BigInt(etag) };
}

/** Readers of users as bytes, over readers of users. */
export function encodeReaders(readers: Readers<UserReader>): Readers<EncodedUserReader> {
  return {
    reader: encodeReader(readers.reader),
    strongReader: encodeReader(readers.strongReader),
    eventualReader: encodeReader(readers.eventualReader),
  };
}

function encodeReader(reader: UserReader): EncodedUserReader {
  const encode = (user: User | undefined) => user && encodeUser(user);
  return {
    get: async (id, call) => encode(await reader.get(id, call)),
    getByEmail: async (email, call) => encode(await reader.getByEmail(email, call)),
    async getMany(ids, call) {
      const users = await reader.getMany(ids, call);
      return new Map([...users].map(([id, user]) => [id, encodeUser(user)]));
    },
  };
}

/** A reply whose one field is a user: of GetUser and GetUserByEmail. */
export function replyWithUser(user: Uint8Array): EncodedReply {
  return new EncodedReply(writeMessage(new BinaryWriter(), GetUserResponseSchema.field.user.number, user).finish());
}

/** The reply of BatchGetUsers. */
export function replyWithUsers(users: readonly Uint8Array[], missingIds: readonly string[]): EncodedReply {
  const { field } = BatchGetUsersResponseSchema;
  const writer = new BinaryWriter();
  for (const user of users) writeMessage(writer, field.users.number, user);
  for (const id of missingIds) writeText(writer, field.missingIds.number, id);
  return new EncodedReply(writer.finish());
}
