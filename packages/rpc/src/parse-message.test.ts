import { create, toBinary } from '@bufbuild/protobuf';
import { GetUserRequestSchema, GrantPointsRequestSchema } from '@tandem/contracts/users';
import { describe, expect, it } from 'vitest';
import { parseBinary, parseJson } from './parse-message.ts';
import { UnreadableError } from './unreadable-error.ts';

const encode = (text: string) => new TextEncoder().encode(text);

function refusal(parse: () => unknown): string {
  try {
    parse();
  } catch (error) {
    expect(error).toBeInstanceOf(UnreadableError);
    return (error as Error).message;
  }
  throw new Error('nothing was refused');
}

describe('parseJson', () => {
  it.each([
    ['9007199254740993', 9007199254740993n],
    ['9223372036854775807', 9223372036854775807n],
    ['-9223372036854775808', -9223372036854775808n],
    ['"9007199254740993"', 9007199254740993n],
    ['12', 12n],
  ])('reads the int64 %s exactly', (text, amount) => {
    expect(parseJson(GrantPointsRequestSchema, encode(`{"amount":${text}}`)).amount).toBe(amount);
  });

  it('names an unknown field', () => {
    expect(refusal(() => parseJson(GetUserRequestSchema, encode('{"idd":"x"}')))).toBe(
      'message tandem.users.v1.GetUserRequest: key "idd" is unknown',
    );
  });

  it('refuses a long number where text is wanted', () => {
    expect(refusal(() => parseJson(GetUserRequestSchema, encode('{"id":9007199254740993}')))).toBe(
      'field tandem.users.v1.GetUserRequest.id: expected string',
    );
  });

  it.each([
    ['{"amount":"hunter2 is my word"}', 'field tandem.users.v1.GrantPointsRequest.amount: expected bigint (int64)'],
    ['{"reason":true}', 'field tandem.users.v1.GrantPointsRequest.reason: expected string'],
    ['{"amount":99999999999999999999}', 'field tandem.users.v1.GrantPointsRequest.amount: expected bigint (int64)'],
    ['{"reason":"hunter2', 'the body is not valid JSON'],
    ['{"reason":"a","reason":"b"}', 'message tandem.users.v1.GrantPointsRequest: duplicate object key "reason"'],
    ['', 'the body is not valid JSON'],
  ])('says of %s what is wrong, but no value', (text, message) => {
    expect(refusal(() => parseJson(GrantPointsRequestSchema, encode(text)))).toBe(message);
  });

  it('refuses text that is not UTF-8, raw or escaped', () => {
    const bytes = Uint8Array.from([...encode('{"id":"'), 0xff, ...encode('"}')]);
    expect(refusal(() => parseJson(GetUserRequestSchema, bytes))).toBe('the body is not valid UTF-8');
    expect(refusal(() => parseJson(GetUserRequestSchema, encode('{"id":"\\ud800"}')))).toContain('GetUserRequest.id');
  });
});

describe('parseBinary', () => {
  it('passes over fields that the type does not have, and keeps none', () => {
    const message = create(GetUserRequestSchema, { id: 'x' });
    const unknown = Array.from({ length: 1000 }, () => [0xf8, 0x7f, 0x01]).flat();
    const bytes = Uint8Array.from([...unknown, ...toBinary(GetUserRequestSchema, message), ...unknown]);
    const parsed = parseBinary(GetUserRequestSchema, bytes);
    expect(parsed.id).toBe('x');
    expect(parsed.$unknown).toBeUndefined();
  });

  it('reads what was written', () => {
    const message = create(GetUserRequestSchema, { id: 'x' });
    expect(parseBinary(GetUserRequestSchema, toBinary(GetUserRequestSchema, message))).toEqual(message);
  });

  it.each([
    ['bytes that end early', [0x0a, 0x05, 0x61]],
    ['a string that is not UTF-8', [0x0a, 0x01, 0xff]],
    ['no message at all', [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]],
  ])('refuses %s', (_what, bytes) => {
    expect(refusal(() => parseBinary(GetUserRequestSchema, Uint8Array.from(bytes)))).toContain('GetUserRequest');
  });
});
