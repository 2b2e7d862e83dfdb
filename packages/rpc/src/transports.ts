/** What the two ports are made of, for the pipeline and the server above them. */
export {
  type Address,
  createEdge,
  type Edge,
  type EdgeOptions,
  type EdgeTls,
  type RouteReply,
} from './edge/create-edge.ts';
export { EncodedReply } from './encoded-reply.ts';
export { createGrpcServer, type GrpcServerOptions } from './grpc/create-grpc-server.ts';
export { createHealth } from './grpc/health.ts';
export { createHealthState, type HealthState } from './grpc/health-state.ts';
export { mountGrpc } from './grpc/mount-grpc.ts';
export { createReflection, type ReflectionOptions } from './grpc/reflection.ts';
export { mountConnectHandlers } from './mount-connect-handlers.ts';
export type {
  Mounted,
  MountedBidiStreaming,
  MountedClientStreaming,
  MountedServerStreaming,
  MountedService,
  MountedUnary,
  Receive,
  Reply,
} from './mounted.ts';
export { UnreadableError } from './unreadable-error.ts';
