import { PostEventKind, WatchPostsRequestSchema, type WatchPostsResponseSchema } from '@tandem/contracts/posts';
import type { Cursors, ServerStreamHandler } from '@tandem/rpc';
import type { PostEvent } from '../domain/post-event.ts';
import type { PostStore } from '../store/store.ts';
import { toPostFilter } from './wire-filter.ts';
import { toWirePost } from './wire-post.ts';

const kinds = {
  created: PostEventKind.CREATED,
  updated: PostEventKind.UPDATED,
  deleted: PostEventKind.DELETED,
} as const;

interface WatchedPosition {
  readonly position: string;
}

/** Tells of changes of posts as they are committed, with heartbeats between them. */
export function watchPosts({
  changes,
  cursors,
}: {
  changes: PostStore['changes'];
  cursors: Cursors;
}): ServerStreamHandler<typeof WatchPostsRequestSchema, typeof WatchPostsResponseSchema> {
  return async function* (request, call) {
    const filter = toPostFilter(request.filter);
    const after = cursors.open<WatchedPosition>(call, WatchPostsRequestSchema, request)?.position;
    for await (const { event, position } of changes.watch({ filter, after }, call)) {
      const cursor = cursors.seal<WatchedPosition>(call, WatchPostsRequestSchema, request, { position });
      yield { cursor, payload: event === undefined ? { case: 'heartbeat', value: {} } : toPayload(event) };
    }
  };
}

function toPayload({ kind, post }: PostEvent) {
  return { case: 'event' as const, value: { kind: kinds[kind], post: toWirePost(post) } };
}
