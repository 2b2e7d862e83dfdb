import { ListSessionsRequestSchema, type ListSessionsResponseSchema } from '@tandem/contracts/users';
import { chooseReader, countIfAsked, type Paging, type Readers, type UnaryHandler } from '@tandem/rpc';
import type { SessionPosition } from '../domain/session.ts';
import type { SessionReader } from '../store/session-store.ts';
import { toSessionMessage } from './session-message.ts';

interface ListSessionsDependencies {
  readonly readers: Readers<Pick<SessionReader, 'list' | 'count'>>;
  readonly paging: Paging;
}

/** Lists a user's sessions, latest first, page by page. */
export function listSessions({
  readers,
  paging,
}: ListSessionsDependencies): UnaryHandler<typeof ListSessionsRequestSchema, typeof ListSessionsResponseSchema> {
  return async (request, call) => {
    const { limit, after } = paging.open<SessionPosition>(call, ListSessionsRequestSchema, request);
    const reader = chooseReader(readers, request.consistency);
    const filter = { userId: request.userId, activeOnly: request.activeOnly };
    const [page, total] = await Promise.all([
      reader.list({ filter, after, limit }, call),
      countIfAsked(request, () => reader.count(filter, call)),
    ]);
    return {
      sessions: page.sessions.map(toSessionMessage),
      nextPageToken: paging.seal(call, ListSessionsRequestSchema, request, page.next),
      ...total,
    };
  };
}
