/** The server that grpc-go's interop client talks to; prints `{"grpc":port,"edge":port}` once both ports listen. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { FileRegistry, Message } from '@bufbuild/protobuf';
import { type Code, ConnectError, type HandlerContext, type ServiceImpl } from '@connectrpc/connect';
import { ServerCredentials } from '@grpc/grpc-js';
import { createEdge } from '../../packages/rpc/src/edge/create-edge.ts';
import { createGrpcServer } from '../../packages/rpc/src/grpc/create-grpc-server.ts';
import { mountGrpc } from '../../packages/rpc/src/grpc/mount-grpc.ts';
import { mountConnectHandlers } from '../../packages/rpc/src/mount-connect-handlers.ts';
import type { MountedService } from '../../packages/rpc/src/mounted.ts';
import { readDescriptors, requireService } from './descriptors.ts';
import { descriptorPaths } from './tools.ts';

interface Echo {
  readonly responseStatus?: { readonly code: number; readonly message: string };
  readonly responseParameters: readonly { readonly size: number; readonly intervalUs: number }[];
}

type SimpleRequest = Message &
  Pick<Echo, 'responseStatus'> & { readonly responseSize: number; readonly fillServerId: boolean };
type StreamingRequest = Message & Echo;
type InputRequest = Message & { readonly payload?: { readonly body: Uint8Array } };

const readMaxBytes = 4 * 1024 * 1024;
const host = '127.0.0.1';

function createInteropService(registry: FileRegistry): MountedService {
  async function* output({ responseParameters, responseStatus }: Echo, context: HandlerContext) {
    throwStatus(responseStatus);
    for (const { size, intervalUs } of responseParameters) {
      await sleep(intervalUs / 1000, undefined, { signal: context.signal });
      yield { payload: { body: new Uint8Array(size) } };
    }
  }
  const handlers = {
    emptyCall: () => ({}),
    unaryCall(request: SimpleRequest, context: HandlerContext) {
      echoMetadata(context);
      throwStatus(request.responseStatus);
      const payload = { body: new Uint8Array(request.responseSize) };
      return { payload, ...(request.fillServerId ? { serverId: 'tandem' } : {}) };
    },
    async streamingInputCall(requests: AsyncIterable<InputRequest>) {
      let aggregatedPayloadSize = 0;
      for await (const { payload } of requests) aggregatedPayloadSize += payload?.body.length ?? 0;
      return { aggregatedPayloadSize };
    },
    streamingOutputCall: output,
    async *fullDuplexCall(requests: AsyncIterable<StreamingRequest>, context: HandlerContext) {
      echoMetadata(context);
      for await (const request of requests) yield* output(request, context);
    },
  };
  const service = requireService(registry, 'grpc.testing.TestService');
  return mountConnectHandlers(service, handlers as unknown as Partial<ServiceImpl<typeof service>>);
}

function throwStatus(status: Echo['responseStatus']): void {
  if (status && status.code !== 0) throw new ConnectError(status.message, status.code as Code);
}

function echoMetadata({ requestHeader, responseHeader, responseTrailer }: HandlerContext): void {
  const initial = requestHeader.get('x-grpc-test-echo-initial');
  const trailing = requestHeader.get('x-grpc-test-echo-trailing-bin');
  if (initial !== null) responseHeader.set('x-grpc-test-echo-initial', initial);
  if (trailing !== null) responseTrailer.set('x-grpc-test-echo-trailing-bin', trailing);
}

const registry = readDescriptors(descriptorPaths.interop);
const service = createInteropService(registry);
const server = createGrpcServer({ readMaxBytes });
mountGrpc(server, service);
server.bindAsync(`${host}:0`, ServerCredentials.createInsecure(), async (error, grpc) => {
  if (error) throw error;
  const edge = createEdge({ mounted: [service], readMaxBytes, jsonReadMaxBytes: readMaxBytes, registry });
  const { port } = await edge.listen({ host, port: 0 });
  process.stdout.write(`${JSON.stringify({ grpc, edge: port })}\n`);
});
