import {
  create,
  createFileRegistry,
  type DescField,
  type DescMessage,
  fromBinary,
  type MessageInitShape,
  ScalarType,
  toBinary,
} from '@bufbuild/protobuf';
import { Edition, FileDescriptorSetSchema, isWrapperDesc, TimestampSchema } from '@bufbuild/protobuf/wkt';
import { readImage } from '@tandem/contracts';
import {
  GetUserRequestSchema,
  GetUserResponseSchema,
  ListUsersResponseSchema,
  UserSchema,
} from '@tandem/contracts/users';
import { describe, expect, it } from 'vitest';
import { createRandom, type Random } from '../test/random.ts';
import { encodeMessage } from './encode-message.ts';

const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, readImage()));
const types = [...registry]
  .filter((type) => type.kind === 'message')
  .filter(({ file }) => file.edition === Edition.EDITION_PROTO3);
const ROUNDS = 15;
const MAX_DEPTH = 3;

const TEXTS = [
  '',
  'a',
  'grün',
  '名前',
  '👩‍🚀',
  '\ud800 alone',
  'x'.repeat(64),
  'x'.repeat(127),
  'ü'.repeat(200),
  'x'.repeat(300),
];
const WHOLE = [0, 1, 127, 128, 300, 2 ** 31 - 1];
const BIG = [0n, 1n, 127n, 128n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 63n - 1n];

function randomScalar(type: ScalarType, random: Random): unknown {
  switch (type) {
    case ScalarType.STRING:
      return random.pick(TEXTS);
    case ScalarType.BOOL:
      return random.chance(0.5);
    case ScalarType.BYTES:
      return random.bytes(random.pick([0, 5, 200]));
    case ScalarType.INT32:
    case ScalarType.SINT32:
    case ScalarType.SFIXED32:
      return random.pick([...WHOLE, -1, -(2 ** 31)]);
    case ScalarType.UINT32:
    case ScalarType.FIXED32:
      return random.pick([...WHOLE, 2 ** 32 - 1]);
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return random.pick([...BIG, 2n ** 64n - 1n]);
    case ScalarType.INT64:
    case ScalarType.SINT64:
    case ScalarType.SFIXED64:
      return random.pick([...BIG, -1n, -(2n ** 63n)]);
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      return random.pick([0, -0, 0.5, -1e30, Number.NaN, Number.POSITIVE_INFINITY]);
  }
}

/** Undefined where the field is to be left out. */
function randomValue(field: DescField, random: Random, depth: number): unknown {
  if (field.enum) return random.pick(field.enum.values).number;
  if (field.message) return isSpecial(field.message) ? undefined : randomInit(field.message, random, depth + 1);
  return field.scalar === undefined ? undefined : randomScalar(field.scalar, random);
}

function isSpecial(desc: DescMessage): boolean {
  return isWrapperDesc(desc) || desc.typeName === 'google.protobuf.Struct';
}

function randomField(field: DescField, random: Random, depth: number): unknown {
  const next = () => randomValue(field, random, depth);
  if (field.fieldKind === 'list')
    return Array.from({ length: random.pick([0, 1, 3, depth === 0 ? 40 : 2]) }, next).filter(
      (item) => item !== undefined,
    );
  if (field.fieldKind === 'map') return {};
  return next();
}

function randomInit(desc: DescMessage, random: Random, depth = 0): Record<string, unknown> {
  const init: Record<string, unknown> = {};
  if (depth > MAX_DEPTH) return init;
  for (const field of desc.fields) {
    if (random.chance(0.2)) continue;
    const value = randomField(field, random, depth);
    if (value === undefined) continue;
    if (field.oneof) init[field.oneof.localName] = { case: field.localName, value };
    else init[field.localName] = value;
  }
  return init;
}

describe('encodeMessage', () => {
  it('gives the bytes of the library, whatever a message of the contract holds', () => {
    const random = createRandom(1);
    expect(types.length).toBeGreaterThan(100);
    for (const desc of types) {
      for (let round = 0; round < ROUNDS; round++) {
        const init = randomInit(desc, random) as MessageInitShape<typeof desc>;
        const message = create(desc, init);
        const expected = toBinary(desc, message);
        const differences = [init, message].map((given) => Buffer.compare(encodeMessage(desc, given), expected));
        expect(differences, desc.typeName).toEqual([0, 0]);
      }
    }
  });

  it('passes on fields that a message brought along unknown', () => {
    const bytes = Buffer.from('0a0161fa3e036e6577', 'hex');
    const user = fromBinary(UserSchema, bytes);
    expect(Buffer.from(encodeMessage(UserSchema, user))).toEqual(bytes);
  });

  it('takes of a message of another type what both have, known by its name', () => {
    const asked = fromBinary(GetUserRequestSchema, Buffer.from('0a0161fa3e036e6577', 'hex'));
    const init = { user: asked } as unknown as MessageInitShape<typeof GetUserResponseSchema>;
    const expected = toBinary(GetUserResponseSchema, create(GetUserResponseSchema, init));
    expect(Buffer.compare(encodeMessage(GetUserResponseSchema, init), expected)).toBe(0);
  });

  it('gives bytes that the next message leaves alone', () => {
    const first = encodeMessage(UserSchema, { name: 'Ada' });
    const kept = Buffer.from(first).toString('hex');
    encodeMessage(UserSchema, { name: 'Bob' });
    expect(Buffer.from(first).toString('hex')).toBe(kept);
  });

  it('takes messages of any size, and small ones after them', () => {
    const users = Array.from({ length: 3 }, () => ({ name: 'n'.repeat(1_500_000) }));
    expect(fromBinary(ListUsersResponseSchema, encodeMessage(ListUsersResponseSchema, { users })).users).toMatchObject(
      users,
    );
    expect(fromBinary(UserSchema, encodeMessage(UserSchema, { name: 'Ada' })).name).toBe('Ada');
  });

  it.each([
    ['text for a number', UserSchema, { points: 'many' }],
    ['half a number', TimestampSchema, { nanos: 0.5 }],
    ['a number beyond 32 bits', TimestampSchema, { nanos: 2 ** 31 }],
    ['a number beyond 64 bits', UserSchema, { points: 2n ** 63n }],
  ])('refuses %s, and goes on', (_, desc: DescMessage, init) => {
    expect(() => encodeMessage(desc, init as MessageInitShape<typeof desc>)).toThrow();
    expect(fromBinary(UserSchema, encodeMessage(UserSchema, { name: 'Ada' })).name).toBe('Ada');
  });
});
