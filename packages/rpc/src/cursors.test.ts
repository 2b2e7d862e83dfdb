import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { ExportUsersRequestSchema } from '@tandem/contracts/users';
import { describe, expect, it } from 'vitest';
import { createCursors } from './cursors.ts';
import { createPaging } from './paging.ts';

const [key, other] = [Buffer.from('a secret'), Buffer.from('another secret')];
const caller = { caller: 'anonymous' };
const after = { id: 'x' };
const invalid = expect.objectContaining({ reason: 'CURSOR_INVALID' });
type Init = MessageInitShape<typeof ExportUsersRequestSchema>;

function sealed(init: Init = {}, keys = [key]): string {
  return createCursors(keys).seal(caller, ExportUsersRequestSchema, create(ExportUsersRequestSchema, init), after);
}

function open(init: Init, { keys = [key], by = caller } = {}): unknown {
  return createCursors(keys).open(by, ExportUsersRequestSchema, create(ExportUsersRequestSchema, init));
}

describe('a cursor', () => {
  it('brings back where the stream was, whatever the size of chunks', () => {
    expect(open({ cursor: sealed({ chunkSize: 10 }), chunkSize: 20 })).toEqual(after);
    expect(open({})).toBeUndefined();
  });

  it('opens with each of the keys', () => {
    expect(open({ cursor: sealed({}, [other]) }, { keys: [key, other] })).toEqual(after);
  });

  it.each([
    ['text', () => open({ cursor: 'cursor' })],
    ['another filter', () => open({ cursor: sealed({ filter: { isActive: true } }) })],
    ['a filter taken away', () => open({ cursor: sealed(), filter: { isActive: true } })],
    ['another caller', () => open({ cursor: sealed() }, { by: { caller: 'eve' } })],
    ['another key', () => open({ cursor: sealed() }, { keys: [other] })],
    [
      'a page token',
      () => {
        const request = Object.assign(create(ExportUsersRequestSchema), { pageSize: 0, pageToken: '' });
        return open({ cursor: createPaging([key]).seal(caller, ExportUsersRequestSchema, request, after) });
      },
    ],
  ])('of %s is CURSOR_INVALID', (_, attempt) => expect(attempt).toThrow(invalid));
});
