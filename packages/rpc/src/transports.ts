/** What the two ports are made of, for the pipeline and the server above them. */
export { EncodedReply } from './encoded-reply.ts';
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
