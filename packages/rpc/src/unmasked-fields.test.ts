import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { UpdatePostRequestSchema } from '@tandem/contracts/posts';
import { UpdateUserRequestSchema } from '@tandem/contracts/users';
import { describe, expect, it } from 'vitest';
import { TandemError } from './errors.ts';
import { readRequest } from './read-request.ts';

const id = '0193c000-0000-7000-8000-000000000001';

function readUpdate(init: MessageInitShape<typeof UpdateUserRequestSchema>) {
  const bytes = toBinary(UpdateUserRequestSchema, create(UpdateUserRequestSchema, init));
  return readRequest(UpdateUserRequestSchema, () => fromBinary(UpdateUserRequestSchema, bytes));
}

function fieldsAtFault(init: MessageInitShape<typeof UpdateUserRequestSchema>): string[] {
  try {
    readUpdate(init);
    return [];
  } catch (error) {
    if (error instanceof TandemError) return error.violations.map(({ field }) => field);
    throw error;
  }
}

const bad = { email: 'nobody', name: '', createTime: { seconds: 1n << 60n } };

describe("what an update's mask leaves out", () => {
  it('is not looked at, and stays in the request as it came', () => {
    const init = { user: { id, ...bad, isActive: false, points: 5n }, updateMask: { paths: ['is_active'] } };
    expect(readUpdate(init)).toEqual(create(UpdateUserRequestSchema, init));
    expect(fieldsAtFault({ ...init, updateMask: { paths: ['name'] } })).toEqual(['user.name']);
  });

  it('is nothing where there is no mask, or one of everything', () => {
    for (const updateMask of [undefined, {}, { paths: ['*'] }, { paths: ['is_active', '*'] }]) {
      const init = { user: { id, email: 'nobody', name: '' }, ...(updateMask && { updateMask }) };
      expect(fieldsAtFault(init)).toEqual(['user.email', 'user.name']);
    }
  });

  it('is neither the id nor the etag', () => {
    const updateMask = { paths: ['is_active'] };
    expect(fieldsAtFault({ user: { isActive: true }, updateMask })).toEqual(['user.id']);
    expect(fieldsAtFault({ user: { id: 'x', etag: 'e'.repeat(65) }, updateMask })).toEqual(['user.id', 'user.etag']);
    expect(fieldsAtFault({ updateMask })).toEqual(['user']);
  });

  it('is a list that is looked through by nobody, so that it may hold anything, but not any number', () => {
    const request = (count: number) =>
      create(UpdatePostRequestSchema, { post: { id, tags: Array(count).fill('') }, updateMask: { paths: ['title'] } });
    const read = (count: number) => readRequest(UpdatePostRequestSchema, () => request(count));
    expect(read(1_000)).toEqual(request(1_000));
    expect(() => read(1_001)).toThrow('no more than 1000 with repetitions');
    expect(fieldsAtFault({ user: { id }, updateMask: { paths: Array(101).fill('name') } })).toEqual([
      'update_mask.paths',
    ]);
  });
});
