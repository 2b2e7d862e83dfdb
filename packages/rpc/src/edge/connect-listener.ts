import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import type { Registry } from '@bufbuild/protobuf';
import { type ConnectRouterOptions, createConnectRouter } from '@connectrpc/connect';
import type { UniversalHandler } from '@connectrpc/connect/protocol';
import {
  compressionBrotli,
  compressionGzip,
  universalRequestFromNodeRequest,
  universalResponseToNodeResponse,
} from '@connectrpc/connect-node';
import type { MountedService } from '../mounted.ts';
import { type BodyIntake, type BodyLimits, boundRequest, createBodyIntake } from './body-intake.ts';
import { capTimeouts } from './cap-timeouts.ts';
import { captureMessages } from './capture-messages.ts';
import { toConnectMethod } from './connect-method.ts';
import { explainRefusal } from './explain-refusal.ts';

/** A request of HTTP/1.1 or of HTTP/2's compatibility layer. */
export type EdgeRequest = IncomingMessage | Http2ServerRequest;
/** The response that belongs to an `EdgeRequest`. */
export type EdgeResponse = ServerResponse | Http2ServerResponse;

/** How calls are read and answered. */
export interface ConnectListenerOptions extends BodyLimits {
  readonly mounted: readonly MountedService[];
  /** The largest message in bytes of protobuf, after decompression. */
  readonly readMaxBytes: number;
  /** The largest JSON text of a message, in bytes, after decompression; it still may hold no more than `readMaxBytes`. */
  readonly jsonReadMaxBytes: number;
  /** Looks up the types inside `Any`, error details among them. */
  readonly registry: Registry;
}

/** Answers a request that is a call; false where its path is no method's. */
export type ConnectListener = (request: EdgeRequest, response: EdgeResponse) => boolean;

const acceptCompression = [compressionGzip, compressionBrotli];

/** Serves mounted methods over Connect, gRPC-Web and gRPC, in protobuf and JSON. */
export function createConnectListener(options: ConnectListenerOptions): ConnectListener {
  const handlers = {
    proto: routeMethods(options, options.readMaxBytes),
    json: routeMethods(options, options.jsonReadMaxBytes),
  };
  const intake = createBodyIntake(options);
  return (request, response) => {
    const json = request.headers['content-type']?.toLowerCase().includes('json');
    const readMaxBytes = json ? options.jsonReadMaxBytes : options.readMaxBytes;
    const handler = handlers[json ? 'json' : 'proto'].get(request.url?.split('?', 1)[0] ?? '');
    if (handler) void answer({ handler, readMaxBytes, intake }, request, response);
    return handler !== undefined;
  };
}

function routeMethods(options: ConnectListenerOptions, bodyMaxBytes: number): Map<string, UniversalHandler> {
  const { mounted, registry, readMaxBytes } = options;
  const jsonOptions = { registry, ignoreUnknownFields: false, alwaysEmitImplicit: true };
  const routerOptions: ConnectRouterOptions = { acceptCompression, readMaxBytes: bodyMaxBytes, jsonOptions };
  const router = createConnectRouter(routerOptions);
  for (const { methods } of mounted) {
    for (const method of methods) router.rpc(method.method, toConnectMethod(method, { registry, readMaxBytes }));
  }
  return new Map(router.handlers.map((handler) => [handler.requestPath, handler]));
}

interface Route {
  readonly handler: UniversalHandler;
  readonly readMaxBytes: number;
  readonly intake: BodyIntake;
}

/** Never rejects: what fails here is a request that is none, or a connection that is gone. */
async function answer(
  { handler, readMaxBytes, intake }: Route,
  request: EdgeRequest,
  response: EdgeResponse,
): Promise<void> {
  try {
    const unbound = universalRequestFromNodeRequest(request, response, undefined, undefined);
    capTimeouts(unbound.header);
    const received = boundRequest(unbound, takesMany(handler) ? intake.each : intake.whole);
    const reply = await handler(captureMessages(received, { acceptCompression, readMaxBytes }));
    await universalResponseToNodeResponse(explainRefusal(reply, received, handler), response);
  } catch {
    if (response.headersSent) response.destroy();
    else endAsUnreadable(response);
  }
}

function takesMany({ method: { methodKind } }: UniversalHandler): boolean {
  return methodKind === 'client_streaming' || methodKind === 'bidi_streaming';
}

function endAsUnreadable(response: EdgeResponse): void {
  response.statusCode = 400;
  response.end();
}
