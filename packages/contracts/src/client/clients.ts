import { AuthorService, PostService, SearchService } from '../posts.ts';
import { PointsService, SessionService, UserService } from '../users.ts';
import { type ClientOptions, createGrpcTransport } from './grpc-transport.ts';
import { type JoinedClient, joinClients } from './join-clients.ts';

/** Every method of `tandem.users.v1`, as `client.getUser({ id })`, `client.transferPoints(…)`. */
export type UsersClient = JoinedClient<typeof UserService | typeof PointsService | typeof SessionService>;

/** Every method of `tandem.posts.v1`, as `client.getPost({ id })`, `client.searchPosts(…)`. */
export type PostsClient = JoinedClient<typeof PostService | typeof SearchService | typeof AuthorService>;

/**
 * A client of the users service.
 *
 * - Deadlines: those of `timeoutsMs` by cost class where a call states no `timeoutMs`; streams have none.
 * - Retries: UNAVAILABLE, up to `maxAttempts` with growing pauses inside the call's deadline, for unary reads and
 *   mutations. A mutation without `request_id` gets one, made once a call, so that its retries have one effect. To
 *   try again by yourself after an error, state the `request_id`: the next call would get a new one.
 * - Not retried: ABORTED `REQUEST_IN_PROGRESS`, as gRPC's retries cannot tell it from `ETAG_MISMATCH`; wait as long as its
 *   RetryInfo says and call again with the same `request_id`. Streams are not retried either.
 * - Per call, Connect's `CallOptions`: `timeoutMs` (≤ 0: none), `signal`, and `headers` for `x-request-id` (the call's name in
 *   logs) and `traceparent`.
 *
 * Every call rejects with a `ConnectError`; `findDetails(ErrorInfoSchema)` has the reason. A server stream is cancelled when
 * its reader leaves the loop.
 *
 * @param target a gRPC target, as `127.0.0.1:50051` or `dns:///users:50051`; calls are spread over all its addresses.
 */
export function createUsersClient(target: string, options: ClientOptions = {}): UsersClient {
  const services = [UserService, PointsService, SessionService] as const;
  return joinClients<(typeof services)[number]>(services, createGrpcTransport(target, services, options));
}

/** A client of the posts service; all that {@link createUsersClient} says holds. */
export function createPostsClient(target: string, options: ClientOptions = {}): PostsClient {
  const services = [PostService, SearchService, AuthorService] as const;
  return joinClients<(typeof services)[number]>(services, createGrpcTransport(target, services, options));
}
