import {
  create,
  type DescMessage,
  type DescService,
  fromBinary,
  type MessageInitShape,
  toBinary,
} from '@bufbuild/protobuf';
import * as grpc from '@grpc/grpc-js';
import { onTestFinished } from 'vitest';

type Handler = grpc.UntypedHandleCall;

/** A plain grpc-js server on a free port, for the methods given by their names; closed after the test. Returns its target. */
export async function useTestServer(service: DescService, handlers: Record<string, Handler>): Promise<string> {
  const server = new grpc.Server();
  server.addService(defineService(service), handlers as grpc.UntypedServiceImplementation);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  onTestFinished(() => server.forceShutdown());
  return `127.0.0.1:${port}`;
}

function defineService(service: DescService): grpc.ServiceDefinition {
  const methods = service.methods.map((method) => [
    method.localName,
    {
      path: `/${service.typeName}/${method.name}`,
      requestStream: method.methodKind === 'client_streaming' || method.methodKind === 'bidi_streaming',
      responseStream: method.methodKind === 'server_streaming' || method.methodKind === 'bidi_streaming',
      ...codec(method.input, 'request'),
      ...codec(method.output, 'response'),
    },
  ]);
  return Object.fromEntries(methods);
}

function codec(message: DescMessage, side: 'request' | 'response') {
  return {
    [`${side}Serialize`]: (value: MessageInitShape<DescMessage>) =>
      Buffer.from(toBinary(message, create(message, value))),
    [`${side}Deserialize`]: (bytes: Buffer) => fromBinary(message, bytes),
  };
}
