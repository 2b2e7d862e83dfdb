export { createPostsClient, createUsersClient, type PostsClient, type UsersClient } from './client/clients.ts';
export { type ClientOptions, createGrpcTransport, type GrpcTransport } from './client/grpc-transport.ts';
export { defaultTimeoutsMs, type Timeouts, takesRequestId, timeoutOf } from './client/method-policy.ts';
export { readImage } from './image.ts';
