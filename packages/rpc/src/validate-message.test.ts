import { create } from '@bufbuild/protobuf';
import type { ReadConsistency } from '@tandem/contracts/options';
import { ListPostsRequestSchema } from '@tandem/contracts/posts';
import {
  BatchGetUsersRequestSchema,
  CreateSessionRequestSchema,
  GetUserRequestSchema,
  ImportUserRowSchema,
  ImportUsersRequestSchema,
  ListTransfersRequestSchema,
  ListUsersRequestSchema,
  TransferDirection,
  UpdateUserRequestSchema,
} from '@tandem/contracts/users';
import { describe, expect, it } from 'vitest';
import type { TandemError } from './errors.ts';
import { assertValid, validateMessage } from './validate-message.ts';

const capitals = '0190ABCD-0000-7000-8000-00000000000F';
const lower = capitals.toLowerCase();
const fields = (violations: readonly { field: string }[]) => violations.map(({ field }) => field);

describe('validation', () => {
  it('finds nothing wrong with a valid request', () => {
    expect(validateMessage(GetUserRequestSchema, create(GetUserRequestSchema, { id: lower }))).toEqual([]);
  });

  it('names fields by their proto paths', () => {
    const ids = create(BatchGetUsersRequestSchema, { ids: [lower, lower, lower, 'x'] });
    expect(fields(validateMessage(BatchGetUsersRequestSchema, ids))).toEqual(['ids[3]']);
    const update = create(UpdateUserRequestSchema, { user: { id: lower, email: 'nobody' } });
    expect(fields(validateMessage(UpdateUserRequestSchema, update))).toEqual(['user.email']);
  });

  it('names the field that a rule over its message is about', () => {
    const update = create(UpdateUserRequestSchema, { user: { name: 'Ann' } });
    const violations = validateMessage(UpdateUserRequestSchema, update);
    expect(violations).toEqual([{ field: 'user.id', description: 'is required' }]);
    expect(fields(validateMessage(UpdateUserRequestSchema, create(UpdateUserRequestSchema)))).toEqual(['user']);
    const transfers = create(ListTransfersRequestSchema, { filter: { direction: TransferDirection.IN } });
    expect(fields(validateMessage(ListTransfersRequestSchema, transfers))).toEqual(['filter.direction']);
  });

  it('names a field that breaks several rules once', () => {
    const update = create(UpdateUserRequestSchema, { user: { id: lower, email: 'x'.repeat(300) } });
    expect(fields(validateMessage(UpdateUserRequestSchema, update))).toEqual(['user.email']);
  });

  it('refuses an enum number that the contract does not know', () => {
    const request = create(GetUserRequestSchema, { id: lower, consistency: 77 as ReadConsistency });
    expect(fields(validateMessage(GetUserRequestSchema, request))).toEqual(['consistency']);
  });

  it('throws FIELD_INVALID with one violation per field', () => {
    const request = create(GetUserRequestSchema, { id: 'x', consistency: 77 as ReadConsistency });
    const thrown = catchError(() => assertValid(GetUserRequestSchema, request));
    expect(thrown).toMatchObject({ reason: 'FIELD_INVALID' });
    expect(fields((thrown as TandemError).violations)).toEqual(['id', 'consistency']);
  });

  it.each([
    { name: 'seconds beyond the year 9999', time: { seconds: 10n ** 17n, nanos: 0 } },
    { name: 'seconds that no date can hold', time: { seconds: -(2n ** 63n), nanos: 0 } },
    { name: 'negative nanos', time: { seconds: 0n, nanos: -1 } },
    { name: 'a billion nanos', time: { seconds: 0n, nanos: 1_000_000_000 } },
  ])('refuses a time with $name, where it stands', ({ time }) => {
    const list = create(ListUsersRequestSchema, { filter: { createdAfter: time } });
    expect(fields(validateMessage(ListUsersRequestSchema, list))).toEqual(['filter.created_after']);
  });

  it('refuses a duration whose seconds and nanos disagree', () => {
    const request = create(CreateSessionRequestSchema, {
      email: 'a@b.ch',
      password: 'p',
      ttl: { seconds: 5n, nanos: -1 },
    });
    expect(fields(validateMessage(CreateSessionRequestSchema, request))).toEqual(['ttl']);
  });

  it('leaves import rows to be checked one by one', () => {
    const bad = { email: 'nobody', createTime: { seconds: 10n ** 17n } };
    const request = create(ImportUsersRequestSchema, { payload: { case: 'rows', value: { rows: [bad] } } });
    expect(validateMessage(ImportUsersRequestSchema, request)).toEqual([]);
    expect(fields(validateMessage(ImportUserRowSchema, create(ImportUserRowSchema, bad)))).toEqual(['create_time']);
  });
});

describe('ids in capitals', () => {
  it('are read as lower case', () => {
    const request = create(GetUserRequestSchema, { id: capitals });
    expect(validateMessage(GetUserRequestSchema, request)).toEqual([]);
    expect(request.id).toBe(lower);
  });

  it('in lists, in nested messages and in optional fields too', () => {
    const request = create(ListPostsRequestSchema, { filter: { authorId: capitals, authorIds: [capitals, lower] } });
    expect(validateMessage(ListPostsRequestSchema, request)).toEqual([]);
    expect(request.filter).toMatchObject({ authorId: lower, authorIds: [lower, lower] });
  });

  it('in import rows, when these are checked', () => {
    const row = create(ImportUserRowSchema, { id: capitals, email: 'A@B.ch', name: 'N' });
    expect(validateMessage(ImportUserRowSchema, row)).toEqual([]);
    expect([row.id, row.email]).toEqual([lower, 'A@B.ch']);
  });
});

function catchError(work: () => void): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  return undefined;
}
