import { create, type DescField, type DescMessage, type Message, ScalarType } from '@bufbuild/protobuf';
import type { Random } from '@tandem/rpc/testing';

const maxDepth = 3;
/** Few, so that messages meet what others have made. */
const ids = [1, 2, 3, 4].map((n) => `00000000-0000-4000-8000-00000000000${n}`);
const goodWords = ['a', 'leek soup', 'Łódź', '\u{1f600}', '%_\\', '-x "y', "'; --", 'long enough'];
const badWords = ['', '\u0000', '\u202e', 'x'.repeat(400), 'create_time desc', '*'];
const numbers = [0, 1, 2, 3, 20, 50, 1_000, 1_001, 2_147_483_647];
const bigNumbers = [0n, 1n, 2n, 60n, 1_000n, 1_700_000_000n, -1n, 9_223_372_036_854_775_807n, 253_402_300_800n];

/** A message of its descriptor: every field may be there, with a value that its type allows. */
export function makeMessage(desc: DescMessage, random: Random, depth = 0): Message {
  const drawn = desc.members.flatMap((member) => {
    if (member.kind === 'oneof')
      return random.chance(0.2) ? [] : [makeOneof(random.pick(member.fields), random, depth)];
    return random.chance(0.2) ? [] : [[member.localName, makeField(member, random, depth)] as const];
  });
  return create(desc, Object.fromEntries(drawn.filter(([, value]) => value !== undefined)));
}

function makeOneof(field: DescField, random: Random, depth: number): readonly [string, unknown] {
  const value = makeField(field, random, depth);
  return [field.oneof?.localName ?? '', value === undefined ? undefined : { case: field.localName, value }];
}

function makeField(field: DescField, random: Random, depth: number): unknown {
  if (field.fieldKind === 'map') return {};
  if (field.fieldKind === 'list') return Array.from({ length: random.below(4) }, () => makeOne(field, random, depth));
  return makeOne(field, random, depth);
}

type SingleField = Exclude<DescField, { fieldKind: 'map' }>;

function makeOne(field: SingleField, random: Random, depth: number): unknown {
  if (field.message !== undefined) return depth < maxDepth ? makeMessage(field.message, random, depth + 1) : undefined;
  if (field.enum !== undefined) return random.chance(0.1) ? 99 : random.pick(field.enum.values).number;
  return makeScalar(field, random);
}

function makeScalar({ scalar, name }: SingleField, random: Random): unknown {
  switch (scalar) {
    case ScalarType.STRING:
      return makeText(name, random);
    case ScalarType.BYTES:
      return random.bytes(40);
    case ScalarType.BOOL:
      return random.chance(0.5);
    case ScalarType.INT64:
    case ScalarType.SINT64:
    case ScalarType.SFIXED64:
      return random.pick(bigNumbers);
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return BigInt(random.below(1_000));
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      return random.pick([0, -1.5, Number.NaN, Number.POSITIVE_INFINITY]);
    default:
      return random.pick(numbers) * (random.chance(0.1) ? -1 : 1);
  }
}

function makeText(name: string, random: Random): string {
  if (random.chance(0.1)) return random.pick(badWords);
  if (/(^|_)ids?$/.test(name)) return random.pick(ids);
  if (name === 'email') return `${random.word()}@malformed.example`;
  if (name === 'language') return random.pick(['', 'en', 'ja']);
  if (name === 'order_by') return random.pick(['', 'create_time', 'title desc', 'name', 'relevance']);
  if (/token$|^cursor$|^etag$/.test(name) && random.chance(0.8)) return '';
  if (name === 'paths') return random.pick(['name', 'title', 'is_active', '*']);
  return random.pick(goodWords);
}
