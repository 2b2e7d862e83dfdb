import type {
  handleBidiStreamingCall,
  handleClientStreamingCall,
  handleServerStreamingCall,
  handleUnaryCall,
  Server,
  ServerDuplexStream,
  ServerReadableStream,
  ServerWritableStream,
  UntypedHandleCall,
} from '@grpc/grpc-js';
import type {
  Mounted,
  MountedBidiStreaming,
  MountedClientStreaming,
  MountedServerStreaming,
  MountedService,
  MountedUnary,
  Receive,
  Reply,
} from '../mounted.ts';
import { parseBinary } from '../parse-message.ts';
import { Unreceived } from '../unreceived.ts';
import { type GrpcCall, GrpcContext } from './grpc-context.ts';
import { toServiceDefinition } from './service-definition.ts';
import { writeReplies } from './write-replies.ts';

/** Adds a service to a grpc-js server. A method that is not mounted answers a bare UNIMPLEMENTED. */
export function mountGrpc(server: Server, mounted: MountedService): void {
  const handlers = Object.fromEntries(mounted.methods.map((method) => [method.method.localName, toHandler(method)]));
  server.addService(toServiceDefinition(mounted.service), handlers);
}

function toHandler(mounted: Mounted): UntypedHandleCall {
  switch (mounted.kind) {
    case 'unary':
      return handleUnary(mounted);
    case 'client_streaming':
      return handleClientStream(mounted);
    case 'server_streaming':
      return handleServerStream(mounted);
    case 'bidi_streaming':
      return handleBidiStream(mounted);
  }
}

function handleUnary(mounted: MountedUnary): handleUnaryCall<Received, Reply> {
  return async (call, answer) => {
    const context = new GrpcContext(call, mounted.method);
    try {
      const reply = await mounted.run(receiver(mounted, call.request), context);
      context.sendHeaders();
      answer(null, reply, context.trailers());
    } catch (error) {
      answer(context.failure(error));
    }
  };
}

function handleClientStream(mounted: MountedClientStreaming): handleClientStreamingCall<Received, Reply> {
  return async (call, answer) => {
    const context = new GrpcContext(call, mounted.method);
    try {
      const reply = await mounted.run(receiveAll(mounted, call), context);
      context.sendHeaders();
      answer(null, reply, context.trailers());
    } catch (error) {
      answer(context.failure(error));
    }
  };
}

function handleServerStream(mounted: MountedServerStreaming): handleServerStreamingCall<Received, Reply> {
  return (call) => {
    const context = new GrpcContext(call, mounted.method);
    return answerStream(call, context, () => mounted.run(receiver(mounted, call.request), context));
  };
}

function handleBidiStream(mounted: MountedBidiStreaming): handleBidiStreamingCall<Received, Reply> {
  return (call) => {
    const context = new GrpcContext(call, mounted.method);
    return answerStream(call, context, () => mounted.run(receiveAll(mounted, call), context));
  };
}

type ReplyStream = GrpcCall & (ServerWritableStream<Received, Reply> | ServerDuplexStream<Received, Reply>);

async function answerStream(call: ReplyStream, context: GrpcContext, run: () => AsyncIterable<Reply>): Promise<void> {
  try {
    await writeReplies(call, run(), () => context.sendHeaders());
    context.sendHeaders();
    call.end(context.trailers());
  } catch (error) {
    call.emit('error', context.failure(error));
  }
}

/** The bytes of a request, or why they did not come. */
type Received = Buffer | Unreceived;

function receiver({ method }: Mounted, received: Received): Receive {
  return () => {
    if (received instanceof Unreceived) throw received.reason;
    return parseBinary(method.input, received);
  };
}

/** Leaving the loop must not destroy the call: of a stream in both directions that would be the answer's end too. */
async function* receiveAll(
  mounted: Mounted,
  call: ServerReadableStream<Received, Reply> | ServerDuplexStream<Received, Reply>,
): AsyncIterable<Receive> {
  for await (const received of call.iterator({ destroyOnReturn: false })) yield receiver(mounted, received);
}
