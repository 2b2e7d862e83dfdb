import { createFileRegistry, fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { type Server, ServerCredentials } from '@grpc/grpc-js';
import { readImage } from '@tandem/contracts';
import { onTestFinished } from 'vitest';
import { createEdge, type EdgeOptions } from '../edge/create-edge.ts';
import { createGrpcServer, type GrpcServerOptions } from '../grpc/create-grpc-server.ts';
import { mountGrpc } from '../grpc/mount-grpc.ts';
import type { MountedService } from '../mounted.ts';

const host = '127.0.0.1';
const readMaxBytes = 4 * 1024 * 1024;

/** A gRPC port with these services, until the test is finished; gives the port's number. */
export async function useGrpcPort(
  mounted: readonly MountedService[],
  options: Partial<GrpcServerOptions> = {},
): Promise<number> {
  const server = createGrpcServer({ readMaxBytes, ...options });
  for (const one of mounted) mountGrpc(server, one);
  onTestFinished(() => server.forceShutdown());
  return bind(server);
}

function bind(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    const credentials = ServerCredentials.createInsecure();
    server.bindAsync(`${host}:0`, credentials, (error, port) => (error ? reject(error) : resolve(port)));
  });
}

/** An edge with these services, until the test is finished. */
export async function useEdge(mounted: readonly MountedService[], options: Partial<EdgeOptions> = {}) {
  const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, readImage()));
  const edge = createEdge({ mounted, readMaxBytes, jsonReadMaxBytes: 4 * readMaxBytes, registry, ...options });
  onTestFinished(() => edge[Symbol.asyncDispose]());
  const { port } = await edge.listen({ host, port: 0 });
  return { edge, port, url: `http://${host}:${port}` };
}
