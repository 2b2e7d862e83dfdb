import {
  ListUsersRequestSchema,
  type ListUsersResponseSchema,
  type UserFilter as UserFilterMessage,
} from '@tandem/contracts/users';
import {
  chooseReader,
  countIfAsked,
  fieldInvalid,
  type Paging,
  parseOrderBy,
  type Readers,
  type UnaryHandler,
} from '@tandem/rpc';
import { foldName } from '../domain/names.ts';
import { toMicrosUp } from '../domain/time.ts';
import { type UserFilter, type UserPosition, userOrderFields } from '../domain/user.ts';
import type { UserReader } from '../store/store.ts';
import { toUserMessage } from './user-message.ts';

const newestFirst = { field: 'create_time', descending: true } as const;

interface ListUsersDependencies {
  readonly readers: Readers<Pick<UserReader, 'list' | 'count'>>;
  readonly paging: Paging;
}

/** Lists users by filter, in an order, page by page. */
export function listUsers({
  readers,
  paging,
}: ListUsersDependencies): UnaryHandler<typeof ListUsersRequestSchema, typeof ListUsersResponseSchema> {
  return async (request, call) => {
    const order = parseOrderBy(request.orderBy, userOrderFields, newestFirst);
    const { limit, after } = paging.open<UserPosition>(call, ListUsersRequestSchema, request);
    const reader = chooseReader(readers, request.consistency);
    const filter = toUserFilter(request.filter);
    const [page, total] = await Promise.all([
      reader.list({ filter, order, after, limit }, call),
      countIfAsked(request, () => reader.count(filter, call)),
    ]);
    return {
      users: page.users.map(toUserMessage),
      nextPageToken: paging.seal(call, ListUsersRequestSchema, request, page.next),
      ...total,
    };
  };
}

/**
 * The filter of the contract in the store's terms.
 *
 * @throws TandemError `FIELD_INVALID` for a prefix of nothing but marks: folding leaves none of it, and all would match
 */
export function toUserFilter(filter: UserFilterMessage | undefined): UserFilter {
  if (filter === undefined) return {};
  if (filter.namePrefix !== '' && foldName(filter.namePrefix) === '') {
    throw fieldInvalid('filter.name_prefix', 'has nothing left to compare when accents are ignored; add a letter');
  }
  return {
    isActive: filter.isActive,
    createdAfter: filter.createdAfter && toMicrosUp(filter.createdAfter),
    createdBefore: filter.createdBefore && toMicrosUp(filter.createdBefore),
    namePrefix: filter.namePrefix,
  };
}
