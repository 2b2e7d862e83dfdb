import { randomUUID } from 'node:crypto';
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { SearchUsersRequestSchema, SearchUsersResponseSchema } from '@tandem/contracts/users';
import { createPaging } from '@tandem/rpc';
import { makeCall } from '@tandem/rpc/testing';
import { describe, expect, it } from 'vitest';
import { useUsersDatabase } from '../../../../test/support/use-users-database.ts';
import { createPostgresUserStore } from '../store/postgres-user-store.ts';
import { insertUser } from '../store/testing/store-calls.ts';
import { usePool } from '../store/testing/use-postgres.ts';
import { searchUsers } from './search-users.ts';
import { messageOf, refusalOf } from './testing/call-handler.ts';

const store = createPostgresUserStore(usePool(await useUsersDatabase()));
const handler = searchUsers({ readers: store, paging: createPaging([Buffer.alloc(32, 1)]) });

function search(init: MessageInitShape<typeof SearchUsersRequestSchema>) {
  const answer = handler(create(SearchUsersRequestSchema, init), makeCall());
  return messageOf(SearchUsersResponseSchema, answer);
}

describe('SearchUsers', () => {
  it('answers users with what matched, in their own characters', async () => {
    const word = `x${randomUUID().slice(0, 8)}`;
    const user = await insertUser(store, { name: `Zoë ${word}`, email: `${word}.zoe@Example.org` });
    const { hits, nextPageToken, totalSize } = await search({ query: `ZOE ${word}` });
    expect(hits).toMatchObject([
      {
        user: { id: user.id, name: `Zoë ${word}` },
        highlights: [
          {
            field: 'name',
            snippet: `Zoë ${word}`,
            offset: 0,
            spans: [
              { start: 0, length: 3 },
              { start: 4, length: 9 },
            ],
          },
          {
            field: 'email',
            offset: 0,
            spans: [
              { start: 0, length: 9 },
              { start: 10, length: 3 },
            ],
          },
        ],
      },
    ]);
    expect([nextPageToken, totalSize]).toEqual(['', undefined]);
    expect(hits[0]?.score).toBeGreaterThan(4);
    expect(hits[0]?.score).toBeLessThan(5);
  });

  it('goes on by a token that is bound to query and filter, and counts when asked', async () => {
    const word = `x${randomUUID().slice(0, 8)}`;
    for (let n = 0; n < 3; n += 1) await insertUser(store, { name: `${word} ${n}` });
    const first = await search({ query: word, pageSize: 2, includeTotalSize: true });
    expect([first.hits.length, first.totalSize]).toEqual([2, 3]);
    const pageToken = first.nextPageToken;
    const second = await search({ query: word, pageSize: 2, pageToken });
    expect([second.hits.length, second.nextPageToken]).toEqual([1, '']);
    const seen = [...first.hits, ...second.hits].map(({ user }) => user?.name).sort();
    expect(seen).toEqual([`${word} 0`, `${word} 1`, `${word} 2`]);
    const mismatch = { reason: 'PAGE_TOKEN_MISMATCH' };
    expect(await refusalOf(search({ query: 'other', pageToken }))).toMatchObject(mismatch);
    expect(await refusalOf(search({ query: word, pageToken, filter: { isActive: true } }))).toMatchObject(mismatch);
  });

  it('finds nobody by a query without a word', async () => {
    expect(await search({ query: '!?', includeTotalSize: true })).toMatchObject({ hits: [], totalSize: 0 });
  });
});
