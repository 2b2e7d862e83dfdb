import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { Random } from '@tandem/rpc/testing';

/** A field as it stands in a message. */
interface WireField {
  readonly number: number;
  readonly type: WireType;
  /** What follows the tag. */
  readonly value: Uint8Array;
}

/** Text that is no UTF-8: a stray byte, a cut sequence, an overlong one, a surrogate. */
const badTexts = [[0xff], [0xe2, 0x82], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf8, 0x88, 0x80, 0x80, 0x80]];
const maxNumber = 2 ** 29 - 1;

type Mutation = (field: WireField, random: Random) => readonly number[];

/** Each makes something else of a field. */
const mutations: Readonly<Record<string, Mutation>> = {
  'another wire type': ({ number, value }, random) => [...tag(number, random.below(8)), ...value],
  'another number': ({ type, value }, random) => [...tag(random.pick([0, 1, 19_000, maxNumber]), type), ...value],
  'a wrong length': ({ number, value }, random) => [
    ...tag(number, WireType.LengthDelimited),
    ...varint(random.pick([0, value.length + 1, 2 ** 20, 2 ** 31 - 1])),
    ...value,
  ],
  'no UTF-8': ({ number }, random) => delimited(number, random.pick(badTexts)),
  'an endless varint': ({ number }, random) => [
    ...tag(number, WireType.Varint),
    ...new Array(random.pick([9, 10, 11, 30])).fill(0xff),
    1,
  ],
  'many of it': (field, random) => new Array(random.pick([2, 300])).fill(toBytes(field)).flat(),
  'nested groups': (_, random) => nestGroups(random.pick([1, 99, 150, 20_000]), random.chance(0.5)),
  'nested messages': ({ number }, random) => nestMessages(number, random.pick([2, 150, 2_000])),
  nothing: () => [],
};

export const mutationNames = Object.keys(mutations);

/** Changes one field of a message, at times of a message within it, or bytes wherever they stand. */
export function mutateMessage(bytes: Uint8Array, random: Random): Uint8Array {
  const fields = readFields(bytes);
  if (fields.length === 0 || random.chance(0.25)) return mutateBytes(bytes, random);
  const chosen = random.below(fields.length);
  return Uint8Array.from(
    fields.flatMap((field, index) => (index === chosen ? mutateField(field, random) : toBytes(field))),
  );
}

function mutateField(field: WireField, random: Random): readonly number[] {
  if (field.type === WireType.LengthDelimited && random.chance(0.3)) {
    const inner = new BinaryReader(field.value).bytes();
    if (readFields(inner).length > 0) return delimited(field.number, [...mutateMessage(inner, random)]);
  }
  return (mutations[random.pick(mutationNames)] as Mutation)(field, random);
}

/** Flips, drops, doubles or inserts a few bytes, or cuts the message. */
export function mutateBytes(good: Uint8Array, random: Random): Uint8Array {
  const bytes = [...good];
  for (let change = 0; change <= random.below(4); change += 1) {
    const at = random.below(bytes.length + 1);
    const kind = random.below(5);
    if (kind === 0 && bytes.length > 0) bytes[Math.min(at, bytes.length - 1)] = random.below(256);
    else if (kind === 1) bytes.splice(at, 1 + random.below(4));
    else if (kind === 2) bytes.splice(at, 0, ...bytes.slice(at, at + 8));
    else if (kind === 3) bytes.length = at;
    else bytes.splice(at, 0, random.below(256), random.below(256));
  }
  return Uint8Array.from(bytes);
}

/** The fields of a message; none where it is none. */
function readFields(bytes: Uint8Array): WireField[] {
  const reader = new BinaryReader(bytes);
  const fields: WireField[] = [];
  try {
    while (reader.pos < reader.len) {
      const [number, type] = reader.tag();
      const begin = reader.pos;
      reader.skip(type, number);
      fields.push({ number, type, value: bytes.subarray(begin, reader.pos) });
    }
    return fields;
  } catch {
    return [];
  }
}

function tag(number: number, type: number): number[] {
  return varint(((number << 3) | type) >>> 0);
}

function varint(value: number): number[] {
  return [...new BinaryWriter().uint32(value).finish()];
}

function toBytes({ number, type, value }: WireField): number[] {
  return [...tag(number, type), ...value];
}

function delimited(number: number, value: readonly number[]): number[] {
  return [...tag(number, WireType.LengthDelimited), ...varint(value.length), ...value];
}

function nestGroups(depth: number, closed: boolean): number[] {
  const begin = new Array(depth).fill(tag(9, WireType.StartGroup)).flat();
  return closed ? [...begin, ...new Array(depth).fill(tag(9, WireType.EndGroup)).flat()] : begin;
}

function nestMessages(number: number, depth: number): number[] {
  let bytes: number[] = [];
  for (let level = 0; level < depth && bytes.length < 100_000; level += 1) bytes = delimited(number, bytes);
  return bytes;
}
