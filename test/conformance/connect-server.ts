/** The server that connectconformance starts: `node connect-server.ts grpc` or `edge`. stdout belongs to its protocol. */
import { buffer } from 'node:stream/consumers';
import { create, type FileRegistry, fromBinary, type Message, toBinary } from '@bufbuild/protobuf';
import { ServerCredentials } from '@grpc/grpc-js';
import { createEdge } from '../../packages/rpc/src/edge/create-edge.ts';
import { createGrpcServer } from '../../packages/rpc/src/grpc/create-grpc-server.ts';
import { mountGrpc } from '../../packages/rpc/src/grpc/mount-grpc.ts';
import { createConformanceService } from './conformance-service.ts';
import { readDescriptors, requireMessage } from './descriptors.ts';
import { descriptorPaths } from './tools.ts';

type CompatRequest = Message & {
  readonly useTls: boolean;
  readonly clientTlsCert: Uint8Array;
  readonly messageReceiveLimit: number;
  readonly serverCreds?: { readonly cert: Uint8Array; readonly key: Uint8Array };
};

const packageName = 'connectrpc.conformance.v1';
const host = '127.0.0.1';
const defaultLimitBytes = 4 * 1024 * 1024;

async function readRequest(registry: FileRegistry): Promise<CompatRequest> {
  // Its length stands in the first four bytes; stdin ends after it.
  const bytes = await buffer(process.stdin);
  return fromBinary(requireMessage(registry, `${packageName}.ServerCompatRequest`), bytes.subarray(4)) as CompatRequest;
}

function writeResponse(registry: FileRegistry, response: { host: string; port: number; pemCert: Uint8Array }): void {
  const desc = requireMessage(registry, `${packageName}.ServerCompatResponse`);
  const bytes = toBinary(desc, create(desc, response));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  process.stdout.write(Buffer.concat([length, bytes]));
}

async function listenGrpc(registry: FileRegistry, request: CompatRequest): Promise<number> {
  const server = createGrpcServer({ readMaxBytes: request.messageReceiveLimit || defaultLimitBytes });
  mountGrpc(server, createConformanceService(registry));
  return new Promise((resolve, reject) => {
    server.bindAsync(`${host}:0`, toCredentials(request), (error, port) => (error ? reject(error) : resolve(port)));
  });
}

function toCredentials({ serverCreds, clientTlsCert }: CompatRequest): ServerCredentials {
  if (!serverCreds) return ServerCredentials.createInsecure();
  const pair = { private_key: Buffer.from(serverCreds.key), cert_chain: Buffer.from(serverCreds.cert) };
  const authority = clientTlsCert.length > 0 ? Buffer.from(clientTlsCert) : null;
  return ServerCredentials.createSsl(authority, [pair], authority !== null);
}

async function listenEdge(registry: FileRegistry, request: CompatRequest): Promise<number> {
  const readMaxBytes = request.messageReceiveLimit || defaultLimitBytes;
  const { serverCreds, clientTlsCert } = request;
  const edge = createEdge({
    mounted: [createConformanceService(registry)],
    readMaxBytes,
    jsonReadMaxBytes: readMaxBytes,
    registry,
    ...(serverCreds
      ? { tls: { ...serverCreds, ...(clientTlsCert.length > 0 ? { clientCa: clientTlsCert } : {}) } }
      : {}),
  });
  const { port } = await edge.listen({ host, port: 0 });
  return port;
}

const registry = readDescriptors(descriptorPaths.connect);
const request = await readRequest(registry);
const port = process.argv[2] === 'grpc' ? await listenGrpc(registry, request) : await listenEdge(registry, request);
writeResponse(registry, { host, port, pemCert: request.serverCreds?.cert ?? new Uint8Array() });
process.once('SIGTERM', () => process.exit(0));
