import { type DescMessage, fromBinary, fromJsonString, type MessageShape, type Registry } from '@bufbuild/protobuf';
import { hasUnsafeInteger, quoteUnsafeIntegers } from './json-numbers.ts';
import { UnreadableError } from './unreadable-error.ts';

/**
 * Parses protobuf bytes. Fields that the type does not have are passed over, and not kept: a request may hold a million.
 *
 * @throws UnreadableError, also for a string that is not UTF-8
 */
export function parseBinary<D extends DescMessage>(desc: D, bytes: Uint8Array): MessageShape<D> {
  try {
    return fromBinary(desc, bytes, { readUnknownFields: false });
  } catch (error) {
    throw new UnreadableError(describeBinaryFailure(desc, error), { cause: error });
  }
}

/**
 * Parses ProtoJSON strictly: an unknown or repeated key is an error, and integers beyond 2^53 arrive as they stand,
 * quoted or not.
 *
 * @param registry what the types inside `Any` are looked up in; default none
 * @throws UnreadableError
 */
export function parseJson<D extends DescMessage>(desc: D, bytes: Uint8Array, registry?: Registry): MessageShape<D> {
  try {
    return parseJsonText(desc, decodeUtf8(bytes), registry);
  } catch (error) {
    throw error instanceof UnreadableError ? error : new UnreadableError(describeJsonFailure(error), { cause: error });
  }
}

function parseJsonText<D extends DescMessage>(desc: D, text: string, registry?: Registry): MessageShape<D> {
  const options = registry ? { registry } : {};
  if (!hasUnsafeInteger(text)) return fromJsonString(desc, text, options);
  // Once with small numbers in their place: where a number may not stand, a quoted one would pass as text.
  fromJsonString(desc, quoteUnsafeIntegers(text, 'shrunk'), options);
  return fromJsonString(desc, quoteUnsafeIntegers(text), options);
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true });

/** @throws UnreadableError where the bytes are not UTF-8 */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return strictUtf8.decode(bytes);
  } catch (error) {
    throw new UnreadableError('the body is not valid UTF-8', { cause: error });
  }
}

function describeBinaryFailure(desc: DescMessage, error: unknown): string {
  const reason =
    error instanceof RangeError || !(error instanceof Error) ? 'the bytes end or nest wrongly' : error.message;
  return `the bytes are no ${desc.typeName}: ${reason.toWellFormed().slice(0, 200)}`;
}

/** What protobuf-es may say of JSON without repeating a value; everything else that it says is left out. */
const harmless =
  /^(?:key "[^"]{1,64}" is unknown|duplicate object key "[^"]{1,64}"|set multiple times|oneof set multiple times.*|maximum recursion depth of \d+ reached|invalid RFC 3339 string|list item must not be null|path names must be lowerCamelCase|expected [\w ().[\]<>]+(?=$|[,:]))/;

/** Names the place and what was expected there, never the value: it may be a secret. */
export function describeJsonFailure(error: unknown): string {
  const text = error instanceof Error ? error.message : '';
  const [, place, reason = ''] = /cannot decode (.+?) from JSON(?:: (.*))?$/s.exec(text) ?? [];
  if (place === undefined || /JSON|token|control character/.test(reason)) return 'the body is not valid JSON';
  return `${place}: ${harmless.exec(reason)?.[0] ?? 'the value is not one of its type'}`.toWellFormed();
}
