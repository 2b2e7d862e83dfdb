import { create, toBinary } from '@bufbuild/protobuf';
import { anyPack } from '@bufbuild/protobuf/wkt';
import { Code, ConnectError } from '@connectrpc/connect';
import * as grpc from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import {
  type CreateUserRequest,
  CreateUserRequestSchema,
  type GetUserRequest,
  GetUserResponseSchema,
  UserService,
} from '../users.ts';
import { BadRequestSchema, ErrorInfoSchema, StatusSchema } from '../wire.ts';
import { createUsersClient, type UsersClient } from './clients.ts';
import type { ClientOptions } from './grpc-transport.ts';
import { useTestServer } from './use-test-server.ts';

type Unary<I> = (call: grpc.ServerUnaryCall<I, unknown>, reply: grpc.sendUnaryData<unknown>) => void;

async function useClient(
  handlers: { getUser?: Unary<GetUserRequest>; createUser?: Unary<CreateUserRequest> },
  options: ClientOptions = {},
): Promise<UsersClient> {
  return createUsersClient(await useTestServer(UserService, handlers as never), options);
}

const unavailable = { code: grpc.status.UNAVAILABLE, details: 'try again' };

async function rejection(call: Promise<unknown>): Promise<ConnectError> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ConnectError)) throw new Error(`no ConnectError: ${String(error)}`);
  return error;
}

describe('a unary call', () => {
  it('brings the reply, with headers and trailers', async () => {
    await using client = await useClient({
      getUser: (call, reply) => {
        const header = new grpc.Metadata();
        header.set('x-request-id', String(call.metadata.get('x-request-id')[0]));
        call.sendMetadata(header);
        const trailer = new grpc.Metadata();
        trailer.set('seen-bin', Buffer.from([1, 2, 255]));
        reply(null, { user: { id: call.request.id, points: 2n ** 62n } }, trailer);
      },
    });
    const seen: string[] = [];
    const { user } = await client.getUser(
      { id: 'u1' },
      {
        headers: { 'x-request-id': 'abc' },
        onHeader: (headers) => seen.push(headers.get('x-request-id') ?? ''),
        onTrailer: (trailers) => seen.push(trailers.get('seen-bin') ?? ''),
      },
    );
    expect(user?.id).toBe('u1');
    expect(user?.points).toBe(2n ** 62n);
    expect(seen).toEqual(['abc', 'AQL/']);
  });

  it('leaves the reply as it came where it is called encoded, under the same deadline, headers and retries', async () => {
    let attempts = 0;
    await using client = await useClient({
      getUser: (call, reply) => {
        attempts += 1;
        if (attempts === 1) return reply(unavailable);
        expect(call.metadata.get('x-request-id')).toEqual(['abc']);
        const timeLeftMs = Number(call.getDeadline()) - Date.now();
        expect(timeLeftMs).toBeGreaterThan(30_000);
        expect(timeLeftMs).toBeLessThanOrEqual(60_000);
        reply(null, { user: { id: call.request.id, etag: '7' } });
      },
    });
    const options = { timeoutMs: 60_000, headers: { 'x-request-id': 'abc' } };
    const bytes = await client.encoded.getUser({ id: 'u1' }, options);
    expect(attempts).toBe(2);
    const message = create(GetUserResponseSchema, { user: { id: 'u1', etag: '7' } });
    expect(Buffer.from(bytes)).toEqual(Buffer.from(toBinary(GetUserResponseSchema, message)));
  });

  it('rejects a call that is encoded as any other', async () => {
    await using client = await useClient({
      getUser: (_, reply) => reply({ code: grpc.status.NOT_FOUND, details: 'no such user' }),
    });
    const error = await rejection(client.encoded.getUser({ id: 'u1' }));
    expect([error.code, error.rawMessage]).toEqual([Code.NotFound, 'no such user']);
  });

  it('hands on traceparent and replaces the headers of the client by those of the call', async () => {
    const seen: unknown[] = [];
    await using client = await useClient(
      {
        getUser: (call, reply) => {
          seen.push(call.metadata.get('authorization'), call.metadata.get('traceparent'));
          reply(null, {});
        },
      },
      { headers: { authorization: 'Bearer one' } },
    );
    await client.getUser({ id: 'a' }, { headers: { traceparent: '00-1-2-01' } });
    await client.getUser({ id: 'a' }, { headers: { authorization: 'Bearer two' } });
    expect(seen).toEqual([['Bearer one'], ['00-1-2-01'], ['Bearer two'], []]);
  });

  it('rejects with code, message and details', async () => {
    const status = create(StatusSchema, {
      code: Code.InvalidArgument,
      message: 'id is no UUID',
      details: [
        anyPack(ErrorInfoSchema, create(ErrorInfoSchema, { reason: 'FIELD_INVALID', domain: 'users.tandem' })),
        anyPack(BadRequestSchema, create(BadRequestSchema, { fieldViolations: [{ field: 'id', description: 'no' }] })),
      ],
    });
    const metadata = new grpc.Metadata();
    metadata.set('grpc-status-details-bin', Buffer.from(toBinary(StatusSchema, status)));
    await using client = await useClient({
      getUser: (_, reply) => reply({ code: grpc.status.INVALID_ARGUMENT, details: status.message, metadata }),
    });
    const error = await rejection(client.getUser({ id: 'x' }));
    expect([error.code, error.rawMessage]).toEqual([Code.InvalidArgument, 'id is no UUID']);
    expect(error.findDetails(ErrorInfoSchema)[0]).toMatchObject({ reason: 'FIELD_INVALID', domain: 'users.tandem' });
    expect(error.findDetails(BadRequestSchema)[0]?.fieldViolations[0]?.field).toBe('id');
  });

  it('ends at the deadline of its cost class, and at one of its own', async () => {
    const deadlines: number[] = [];
    await using client = await useClient(
      { getUser: (call) => void deadlines.push(Number(call.getDeadline()) - Date.now()) },
      { timeoutsMs: { point: 1_500 } },
    );
    expect((await rejection(client.getUser({ id: 'x' }))).code).toBe(Code.DeadlineExceeded);
    expect((await rejection(client.getUser({ id: 'x' }, { timeoutMs: 700 }))).code).toBe(Code.DeadlineExceeded);
    expect(deadlines[0]).toBeLessThanOrEqual(1_500);
    expect(deadlines[1]).toBeLessThanOrEqual(700);
  });

  it('is cancelled by its signal, on the server too', async () => {
    const { promise: cancelled, resolve } = Promise.withResolvers<void>();
    const stop = new AbortController();
    await using client = await useClient({
      getUser: (call) => {
        call.once('cancelled', resolve);
        stop.abort(new Error('enough'));
      },
    });
    const error = await rejection(client.getUser({ id: 'x' }, { signal: stop.signal }));
    expect([error.code, error.cause]).toEqual([Code.Canceled, stop.signal.reason]);
    await cancelled;
    expect((await rejection(client.getUser({ id: 'x' }, { signal: stop.signal }))).code).toBe(Code.Canceled);
  });

  it('takes a message of 4 MiB both ways', async () => {
    await using client = await useClient({
      createUser: (call, reply) => reply(null, { user: { name: call.request.name } }),
    });
    const name = 'n'.repeat(4 * 1024 * 1024 - 100);
    expect((await client.createUser({ name })).user?.name?.length).toBe(name.length);
  });

  it('refuses what is no such message before it sends anything', async () => {
    await using client = await useClient({});
    const error = await rejection(client.transferPoints({ amount: 2n ** 70n }));
    expect([error.code, error.rawMessage]).toEqual([
      Code.InvalidArgument,
      'the request is no tandem.users.v1.TransferPointsRequest',
    ]);
  });
});

describe('retries', () => {
  it('try a mutation again under one request_id, and again under the one that was given', async () => {
    const ids: string[] = [];
    await using client = await useClient({
      createUser: (call, reply) => {
        ids.push(call.request.requestId);
        if (ids.length % 3 === 0) reply(null, { user: { id: 'made' } });
        else reply(unavailable);
      },
    });
    expect((await client.createUser({ email: 'a@b.example', name: 'A' })).user?.id).toBe('made');
    const own = create(CreateUserRequestSchema, { requestId: 'own' });
    await client.createUser(own);
    expect(ids.slice(3)).toEqual(['own', 'own', 'own']);
    expect(new Set(ids.slice(0, 3)).size).toBe(1);
    expect(ids[0]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it('leave the message of the caller as it was', async () => {
    await using client = await useClient({ createUser: (_, reply) => reply(null, {}) });
    const request = create(CreateUserRequestSchema, { name: 'A' });
    await client.createUser(request);
    expect(request.requestId).toBe('');
  });

  it('end after four attempts, and make none where maxAttempts is 1', async () => {
    let calls = 0;
    const getUser: Unary<GetUserRequest> = (_, reply) => {
      calls += 1;
      reply(unavailable);
    };
    await using patient = await useClient({ getUser });
    expect((await rejection(patient.getUser({ id: 'x' }))).code).toBe(Code.Unavailable);
    expect(calls).toBe(4);
    await using hasty = await useClient({ getUser }, { maxAttempts: 1 });
    await rejection(hasty.getUser({ id: 'x' }));
    expect(calls).toBe(5);
  });

  it('are not made of a call that was refused', async () => {
    let calls = 0;
    await using client = await useClient({
      createUser: (_, reply) => {
        calls += 1;
        reply({ code: grpc.status.ABORTED, details: 'no' });
      },
    });
    expect((await rejection(client.createUser({}))).code).toBe(Code.Aborted);
    expect(calls).toBe(1);
  });

  it('cover a server that is not there', async () => {
    await using client = createUsersClient('127.0.0.1:1');
    expect((await rejection(client.getUser({ id: 'x' }))).code).toBe(Code.Unavailable);
  });
});
