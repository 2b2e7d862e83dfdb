import { type DescField, ScalarType } from '@bufbuild/protobuf';
import { WireType } from '@bufbuild/protobuf/wire';
import type { ByteSink } from './byte-sink.ts';

/** How values of a scalar type stand in bytes. */
export interface Scalar {
  readonly wireType: WireType;
  /** @throws Error for a value that is none of the type */
  write(sink: ByteSink, value: unknown): void;
  /** Whether this is the type's default. */
  isZero(value: unknown): boolean;
}

/** Zero as a number, a bigint, or text. */
const isZeroNumber = (value: unknown): boolean => value === 0 || value === 0n || value === '0';

const int32: Scalar = {
  wireType: WireType.Varint,
  write: (sink, value) => {
    const number = toWhole(value, { min: -0x80000000, max: 0x7fffffff });
    if (number >= 0) sink.varint(number);
    else sink.varint64(BigInt(number));
  },
  isZero: isZeroNumber,
};

/** The types that the contract has; the others are left to the library. */
const SCALARS: Partial<Record<ScalarType, Scalar>> = {
  [ScalarType.INT32]: int32,
  [ScalarType.UINT32]: {
    wireType: WireType.Varint,
    write: (sink, value) => sink.varint(toWhole(value, { min: 0, max: 0xffffffff })),
    isZero: isZeroNumber,
  },
  [ScalarType.INT64]: {
    wireType: WireType.Varint,
    write: (sink, value) => sink.varint64(toBigInt(value, (whole) => BigInt.asIntN(64, whole))),
    isZero: isZeroNumber,
  },
  [ScalarType.UINT64]: {
    wireType: WireType.Varint,
    write: (sink, value) => sink.varint64(toBigInt(value, (whole) => BigInt.asUintN(64, whole))),
    isZero: isZeroNumber,
  },
  [ScalarType.BOOL]: {
    wireType: WireType.Varint,
    write: (sink, value) => sink.varint(value ? 1 : 0),
    isZero: (value) => value === false,
  },
  [ScalarType.STRING]: {
    wireType: WireType.LengthDelimited,
    write: (sink, value) => sink.text(typeof value === 'string' ? value : String(value)),
    isZero: (value) => value === '',
  },
  [ScalarType.BYTES]: {
    wireType: WireType.LengthDelimited,
    write: (sink, value) => sink.bytes(toBytes(value)),
    isZero: (value) => value instanceof Uint8Array && value.byteLength === 0,
  },
  [ScalarType.DOUBLE]: {
    wireType: WireType.Bit64,
    write: (sink, value) => sink.double(toDouble(value)),
    isZero: (value) => Object.is(value, 0),
  },
};

/** How the values of a field, or of the items of a list, are written; undefined where that is left to the library. */
export function scalarOf(field: DescField): Scalar | undefined {
  if (field.fieldKind === 'map') return undefined;
  if (field.enum !== undefined) return int32;
  return field.scalar === undefined ? undefined : SCALARS[field.scalar];
}

function toWhole(value: unknown, { min, max }: { min: number; max: number }): number {
  if (Number.isInteger(value) && (value as number) >= min && (value as number) <= max) return value as number;
  throw new Error(`A ${typeof value} stands where a whole number from ${min} to ${max} should.`);
}

/** @param wrap cuts to 64 bits, which changes only what does not fit */
function toBigInt(value: unknown, wrap: (whole: bigint) => bigint): bigint {
  const whole = typeof value === 'bigint' ? value : BigInt(value as number | string);
  if (wrap(whole) === whole) return whole;
  throw new Error('A number that takes more than 64 bits.');
}

function toBytes(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw new Error(`A ${typeof value} stands where bytes should.`);
}

function toDouble(value: unknown): number {
  if (typeof value === 'number') return value;
  throw new Error(`A ${typeof value} stands where a number should.`);
}
