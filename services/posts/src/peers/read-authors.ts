import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { BatchGetUsersResponseSchema, UserSchema } from '@tandem/contracts/users';
import type { Author } from './author-directory.ts';

const usersField = BatchGetUsersResponseSchema.field.users.number;
const { id: idField, isActive: isActiveField } = UserSchema.field;

/**
 * The users of a BatchGetUsers' reply, by id. Nothing of them is decoded but who they are and whether they are active.
 *
 * @throws Error where the bytes are no such reply
 */
export function readAuthors(reply: Uint8Array): Map<string, Author> {
  const authors = new Map<string, Author>();
  readFields(reply, (reader, field, wireType) => {
    if (field !== usersField || wireType !== WireType.LengthDelimited) return false;
    const { id, author } = readUser(reader.bytes());
    authors.set(id, author);
    return true;
  });
  return authors;
}

function readUser(bytes: Uint8Array): { id: string; author: Author } {
  let id = '';
  let isActive = false;
  readFields(bytes, (reader, field, wireType) => {
    if (field === idField.number && wireType === WireType.LengthDelimited) id = reader.string();
    else if (field === isActiveField.number && wireType === WireType.Varint) isActive = reader.bool();
    else return false;
    return true;
  });
  return { id, author: { isActive, bytes } };
}

/** @param take reads the field's value, or says that it did not */
function readFields(
  bytes: Uint8Array,
  take: (reader: BinaryReader, field: number, wireType: WireType) => boolean,
): void {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (!take(reader, field, wireType)) reader.skip(wireType, field);
  }
}
