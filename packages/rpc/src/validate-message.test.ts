import {
  create,
  createFileRegistry,
  type DescField,
  type DescMessage,
  fromBinary,
  getOption,
  type MessageShape,
} from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { field as fieldRules, type StringRules } from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js';
import { readImage } from '@tandem/contracts';
import type { ReadConsistency } from '@tandem/contracts/options';
import {
  AuthorService,
  BatchGetPostsRequestSchema,
  CreatePostRequestSchema,
  ImportPostRowSchema,
  ImportPostsRequestSchema,
  ListPostsRequestSchema,
  PostFilterSchema,
  PostService,
  SearchPostsRequestSchema,
  SearchService,
  UpdatePostRequestSchema,
} from '@tandem/contracts/posts';
import {
  BatchGetUsersRequestSchema,
  CreateSessionRequestSchema,
  GetUserRequestSchema,
  ImportUserRowSchema,
  ImportUsersRequestSchema,
  ListTransfersRequestSchema,
  ListUsersRequestSchema,
  PointsService,
  SessionService,
  TransferDirection,
  UpdateUserRequestSchema,
  UserService,
} from '@tandem/contracts/users';
import { describe, expect, it } from 'vitest';
import type { TandemError } from './errors.ts';
import { maxItemsOf } from './normalize-request.ts';
import { assertValid, PATTERN_TEXTS, validateMessage } from './validate-message.ts';

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

describe('a list that is too long', () => {
  const most = (field: string, max: number) =>
    field === 'tags'
      ? 'must be at most 32 different ones, and no more than 1000 with repetitions'
      : `must contain no more than ${max} items`;

  it.each([
    { desc: BatchGetUsersRequestSchema, at: [], field: 'ids', max: 1000 },
    { desc: BatchGetPostsRequestSchema, at: [], field: 'ids', max: 1000 },
    { desc: CreatePostRequestSchema, at: [], field: 'tags', max: 1000 },
    { desc: UpdatePostRequestSchema, at: ['post'], field: 'tags', max: 1000 },
    { desc: ListPostsRequestSchema, at: ['filter'], field: 'tags', max: 1000 },
    { desc: ListPostsRequestSchema, at: ['filter'], field: 'author_ids', max: 1000 },
    { desc: SearchPostsRequestSchema, at: [], field: 'facets', max: 4 },
    { desc: UpdatePostRequestSchema, at: ['update_mask'], field: 'paths', max: 100 },
    { desc: ImportPostsRequestSchema, at: ['rows'], field: 'rows', max: 1000 },
    { desc: ImportUsersRequestSchema, at: ['rows'], field: 'rows', max: 1000 },
    { desc: ImportPostRowSchema, at: [], field: 'tags', max: 1000 },
  ])('is refused with that alone, and no item looked at: $desc.name $at $field', ({ desc, at, field, max }) => {
    const unread = unreadable(max + 1);
    const violations = validateMessage(desc, holding(desc, [...at, field], unread));
    expect(violations).toEqual([{ field: [...at, field].join('.'), description: most(field, max) }]);
  });

  it('is beyond a bound that every list of every request has', () => {
    const services = [UserService, PointsService, SessionService, PostService, AuthorService, SearchService];
    const lists = services.flatMap(({ methods }) => methods.flatMap(({ input }) => [...manyOf(input)]));
    expect(new Set(lists.map(String)).size).toBeGreaterThanOrEqual(11);
    expect(lists.filter((field) => maxItemsOf(field) === undefined).map(String)).toEqual([]);
  });
});

/** A list whose items may not be read. */
function unreadable(length: number): unknown[] {
  return new Proxy(new Array(length), {
    get(list, key) {
      if (typeof key === 'string' && /^\d+$/.test(key)) throw new Error(`item ${key} was read`);
      return Reflect.get(list, key);
    },
  });
}

/** A message that holds `list` at the end of a path of proto names, and nothing else. */
function holding<D extends DescMessage>(desc: D, [name, ...rest]: readonly string[], list: unknown[]): MessageShape<D> {
  const message = create(desc);
  const field = desc.fields.find((one) => one.name === name)!;
  const value = rest.length > 0 ? holding(field.message!, rest, list) : list;
  if (field.oneof) Object.assign(message, { [field.oneof.localName]: { case: field.localName, value } });
  else Object.assign(message, { [field.localName]: value });
  return message;
}

/** The lists and maps of a message and of all that it holds. */
function manyOf(desc: DescMessage, seen = new Set<DescMessage>()): DescField[] {
  if (seen.has(desc)) return [];
  seen.add(desc);
  const own = desc.fields.filter(({ fieldKind }) => fieldKind === 'list' || fieldKind === 'map');
  return [...own, ...desc.fields.flatMap(({ message }) => (message ? manyOf(message, seen) : []))];
}

describe('what a violation says', () => {
  const describeAll = (request: object) =>
    validateMessage(
      CreatePostRequestSchema,
      create(CreatePostRequestSchema, { authorId: lower, title: 'T', ...request }),
    );

  it('is for a person where text holds control characters', () => {
    expect(describeAll({ title: 'a\u0007', content: 'a\tb\u0000', tags: ['\u009f'] })).toEqual([
      { field: 'title', description: 'must not contain control characters' },
      { field: 'content', description: 'must not contain control characters but tab, line feed and carriage return' },
      { field: 'tags[0]', description: 'must not contain control characters' },
    ]);
  });

  it('has the right number', () => {
    expect(describeAll({ title: '' })).toEqual([{ field: 'title', description: 'must be at least 1 character' }]);
    const batch = validateMessage(BatchGetUsersRequestSchema, create(BatchGetUsersRequestSchema));
    expect(batch).toEqual([{ field: 'ids', description: 'must contain at least 1 item' }]);
  });

  it('is never a pattern of the contract', () => {
    const files = createFileRegistry(fromBinary(FileDescriptorSetSchema, readImage()));
    const rules = [...files].flatMap((desc) => (desc.kind === 'message' ? desc.fields.map(readStringRules) : []));
    const patterns = rules.flatMap((rule) => rule?.pattern || []);
    expect(patterns.length).toBeGreaterThan(0);
    expect(patterns.filter((pattern) => !PATTERN_TEXTS.has(pattern))).toEqual([]);
  });

  it('names the kind of code that a language is', () => {
    const description = 'must be an ISO 639-1 code in lower case, such as `en`';
    for (const language of ['xx', 'EN', 'eng', 'e', 'sh']) {
      expect(describeAll({ language })).toEqual([{ field: 'language', description }]);
    }
  });
});

describe('a language', () => {
  it('is any code of ISO 639-1, or empty', () => {
    const letters = [...'abcdefghijklmnopqrstuvwxyz'];
    const pairs = letters.flatMap((first) => letters.map((second) => first + second));
    const isTaken = (language: string) =>
      validateMessage(PostFilterSchema, create(PostFilterSchema, { language })).length === 0;
    const taken = pairs.filter(isTaken);
    expect(taken).toHaveLength(184);
    const names = new Intl.DisplayNames(['en'], { type: 'language', fallback: 'none' });
    expect(taken.filter((language) => names.of(language) === undefined)).toEqual([]);
    expect(isTaken('')).toBe(true);
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

function readStringRules(desc: DescField): StringRules | undefined {
  const { type } = getOption(desc, fieldRules);
  const inner = type.case === 'repeated' ? type.value.items?.type : type;
  return inner?.case === 'string' ? inner.value : undefined;
}
