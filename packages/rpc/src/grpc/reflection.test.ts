import { fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { Code, ConnectError, createClient } from '@connectrpc/connect';
import { createGrpcTransport } from '@connectrpc/connect-node';
import { readImage } from '@tandem/contracts';
import {
  BadRequestSchema,
  ErrorInfoSchema,
  ServerReflection,
  type ServerReflectionRequest,
} from '@tandem/contracts/wire';
import { describe, expect, it } from 'vitest';
import { Interruption } from '../interruption.ts';
import { sendUnreadable } from '../testing/send-unreadable.ts';
import { useGrpcPort } from '../testing/use-ports.ts';
import { createReflection } from './reflection.ts';

const users = 'tandem.users.v1.UserService';

const useReflectionPort = () =>
  useGrpcPort(
    createReflection({
      image: readImage(),
      services: [users, 'grpc.health.v1.Health'],
      intake: { intake: new Interruption(), domain: 'users.tandem' },
    }),
  );

async function useReflection(version: 'v1' | 'v1alpha' = 'v1') {
  const port = await useReflectionPort();
  const transport = createGrpcTransport({
    baseUrl: `http://127.0.0.1:${port}`,
    interceptors: [(next) => (request) => next({ ...request, url: request.url.replace('.v1.', `.${version}.`) })],
  });
  const client = createClient(ServerReflection, transport);
  return async (messageRequest: ServerReflectionRequest['messageRequest'], host = 'here') => {
    async function* requests() {
      yield { host, messageRequest };
    }
    for await (const reply of client.serverReflectionInfo(requests())) return reply;
    throw new Error('reflection gave no answer');
  };
}

function filesOf(reply: Awaited<ReturnType<Awaited<ReturnType<typeof useReflection>>>>) {
  const { messageResponse } = reply;
  if (messageResponse.case !== 'fileDescriptorResponse') throw new Error(`answered ${messageResponse.case}`);
  return messageResponse.value.fileDescriptorProto.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes));
}

const extensionOf = (containingType: string) => ({
  $typeName: 'grpc.reflection.v1.ExtensionRequest' as const,
  containingType,
  extensionNumber: 50051,
});

describe('reflection', () => {
  it.each(['fileByFilename', 'fileContainingSymbol', 'allExtensionNumbersOfType'] as const)(
    'says little of a long name that it does not know: %s',
    async (kind) => {
      const ask = await useReflection();
      const { messageResponse } = await ask({ case: kind, value: 'x'.repeat(1024) });
      expect(messageResponse.case).toBe('errorResponse');
      const { errorMessage } = messageResponse.value as { errorMessage: string };
      expect(errorMessage.length).toBeLessThan(250);
    },
  );

  const long = 'x'.repeat(3_000_000);
  it.each<[string, ServerReflectionRequest['messageRequest'], string?]>([
    ['host', { case: 'listServices', value: '*' }, long],
    ['message_request', { case: 'fileContainingSymbol', value: long }],
    ['message_request', { case: 'fileContainingExtension', value: extensionOf(long) }],
  ])('refuses a name that the reply would repeat beyond all bounds: %s', async (field, question, host) => {
    const ask = await useReflection();
    const error = await ask(question, host).then(() => undefined, ConnectError.from);
    expect(error?.code).toBe(Code.InvalidArgument);
    expect(error?.findDetails(ErrorInfoSchema)).toMatchObject([{ reason: 'FIELD_INVALID', domain: 'users.tandem' }]);
    expect(error?.findDetails(BadRequestSchema)).toMatchObject([{ fieldViolations: [{ field }] }]);
  });

  it('says what it cannot read, with a reason of the contract', async () => {
    const path = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo';
    expect(await sendUnreadable(await useReflectionPort(), path)).toMatchObject({
      code: Code.InvalidArgument,
      info: [{ reason: 'REQUEST_UNREADABLE', domain: 'users.tandem' }],
    });
  });

  it.each(['v1', 'v1alpha'] as const)('lists the services over %s, itself in both versions', async (version) => {
    const ask = await useReflection(version);
    const { messageResponse, validHost, originalRequest } = await ask({ case: 'listServices', value: '*' });
    expect(messageResponse.value).toMatchObject({
      service: [
        { name: 'grpc.health.v1.Health' },
        { name: 'grpc.reflection.v1.ServerReflection' },
        { name: 'grpc.reflection.v1alpha.ServerReflection' },
        { name: users },
      ],
    });
    expect([validHost, originalRequest?.messageRequest.case]).toEqual(['here', 'listServices']);
  });

  it('gives a file with all that it imports, options and comments included', async () => {
    const ask = await useReflection();
    const files = filesOf(await ask({ case: 'fileContainingSymbol', value: `${users}.GetUser` }));
    expect(files[0]?.name).toBe('tandem/users/v1/user_service.proto');
    const names = new Set(files.map(({ name }) => name));
    for (const { dependency } of files) expect(dependency.filter((name) => !names.has(name))).toEqual([]);
    const getUser = files[0]?.service[0]?.method.find(({ name }) => name === 'GetUser');
    expect(getUser?.options?.$unknown?.map(({ no }) => no)).toContain(50051);
    expect(files[0]?.sourceCodeInfo?.location.some(({ leadingComments }) => leadingComments)).toBe(true);
  });

  it.each([
    'google.rpc.ErrorInfo',
    'tandem.users.v1.User.email',
    'tandem.options.v1.policy',
    'grpc.reflection.v1alpha.ServerReflection',
    '.tandem.users.v1.User',
  ])('finds %s', async (symbol) => {
    const ask = await useReflection();
    expect(filesOf(await ask({ case: 'fileContainingSymbol', value: symbol })).length).toBeGreaterThan(0);
  });

  it('finds extensions by number, and the numbers', async () => {
    const ask = await useReflection();
    const containingType = 'google.protobuf.MethodOptions';
    const files = filesOf(await ask({ case: 'fileContainingExtension', value: extensionOf(containingType) }));
    expect(files[0]?.name).toBe('tandem/options/v1/policy.proto');
    const { messageResponse } = await ask({ case: 'allExtensionNumbersOfType', value: containingType });
    expect(messageResponse.value).toMatchObject({ baseTypeName: containingType, extensionNumber: [50051] });
  });

  it('answers NOT_FOUND and what was not found', async () => {
    const ask = await useReflection();
    for (const [kind, value] of [
      ['fileContainingSymbol', 'no.Such'],
      ['fileByFilename', 'no/such.proto'],
      ['allExtensionNumbersOfType', 'no.Such'],
    ] as const) {
      const { messageResponse } = await ask({ case: kind, value });
      expect(messageResponse.value).toMatchObject({ errorCode: 5, errorMessage: expect.stringContaining(value) });
    }
  });
});
