import type { DescEnum, DescField, DescMessage } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { ErrorReason, PostSchema, ErrorReasonSchema as PostsErrorReasonSchema } from './posts.ts';
import { CreatedPostSchema, ErrorReasonSchema as UsersErrorReasonSchema } from './users.ts';

/** What a field is on the wire and in JSON. */
function shape(field: DescField): unknown[] {
  const { name, number, fieldKind, jsonName, presence } = field;
  const type = field.scalar ?? field.message?.typeName ?? field.enum?.typeName;
  return [name, number, fieldKind, type, jsonName, presence];
}

const shapes = (message: DescMessage) => message.fields.map(shape);

describe('the two packages agree', () => {
  it('on the post that CreateUserWithPost answers', () => {
    expect(shapes(CreatedPostSchema)).toEqual(shapes(PostSchema));
  });

  it('on names and numbers of the reasons that every service may answer', () => {
    const shared = (reasons: DescEnum) => reasons.values.filter(({ number }) => number <= ErrorReason.ID_TAKEN);
    const named = (reasons: DescEnum) => shared(reasons).map(({ name, number }) => [number, name]);
    expect(named(UsersErrorReasonSchema)).toHaveLength(25);
    expect(named(UsersErrorReasonSchema)).toEqual(named(PostsErrorReasonSchema));
  });
});
