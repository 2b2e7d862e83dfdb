import { toBinary } from '@bufbuild/protobuf';
import { CreateUserResponseSchema } from '@tandem/contracts/users';
import { ErrorInfoSchema } from '@tandem/contracts/wire';
import { describe, expect, it } from 'vitest';
import type { Call } from './call.ts';
import { TandemError } from './errors.ts';
import { AnswerRecorded } from './idempotency.ts';
import { createMemoryRecords } from './testing/memory-records.ts';
import { outcomeOf, type TestServer, useServer } from './testing/use-server.ts';

const requestId = '0190abcd-0000-7000-8000-000000000001';
const ann = { email: 'ann@example.com', name: 'Ann', requestId };
const secretDigest = async (secret: string, salt: string) => Buffer.from(`${secret}${salt}`);
const pairs = [
  ['grpc', 'grpc'],
  ['grpc', 'edge'],
  ['edge', 'grpc'],
  ['edge', 'edge'],
] as const;

async function useUsers() {
  const records = createMemoryRecords();
  let created = 0;
  let refusal: TandemError | undefined;
  const createUser = (request: { name: string }, call: Call) =>
    records.transaction(call, async () => {
      if (refusal) throw refusal;
      created++;
      return { user: { name: request.name, points: BigInt(created) } };
    });
  const server: TestServer = await useServer({ createUser }, { records, secretDigest });
  return {
    ...server,
    records,
    effects: () => created,
    refuse: (error: TandemError | undefined) => {
      refusal = error;
    },
  };
}

describe.each(pairs)('a mutation sent again with its request_id, by %s and then by %s', (first, second) => {
  it('gets the first reply again, byte for byte, with one effect', async () => {
    const { clients, effects } = await useUsers();
    const replies = [await clients[first].createUser(ann), await clients[second].createUser(ann)];
    const [one, two] = replies.map((reply) => Buffer.from(toBinary(CreateUserResponseSchema, reply)).toString('hex'));
    expect(one).toBe(two);
    expect(effects()).toBe(1);
  });

  it('stays refused once the state decided so, with the same details, though it would succeed now', async () => {
    const { clients, effects, refuse } = await useUsers();
    refuse(new TandemError('EMAIL_TAKEN', 'Another user has this e-mail.', { metadata: { field: 'email' } }));
    const { error: one } = await outcomeOf(clients[first].createUser(ann));
    refuse(undefined);
    const { error: two, code } = await outcomeOf(clients[second].createUser(ann));
    expect(code).toBe('AlreadyExists');
    expect(two?.rawMessage).toBe(one?.rawMessage);
    expect(two?.findDetails(ErrorInfoSchema)[0]).toEqual(one?.findDetails(ErrorInfoSchema)[0]);
    expect(effects()).toBe(0);
  });

  it('is REQUEST_ID_REUSED with another payload', async () => {
    const { clients, effects } = await useUsers();
    await clients[first].createUser(ann);
    const outcome = await outcomeOf(clients[second].createUser({ ...ann, name: 'Eve' }));
    expect(outcome).toMatchObject({ code: 'InvalidArgument', reason: 'REQUEST_ID_REUSED' });
    expect(effects()).toBe(1);
  });

  it('is REQUEST_ID_REUSED with another password, which no record holds', async () => {
    const { clients } = await useUsers();
    await clients[first].createUser({ ...ann, password: 'correct horse' });
    expect((await outcomeOf(clients[second].createUser({ ...ann, password: 'correct horse' }))).code).toBe('OK');
    const outcome = await outcomeOf(clients[second].createUser({ ...ann, password: 'wrong horse' }));
    expect(outcome.reason).toBe('REQUEST_ID_REUSED');
  });

  it('runs anew after what may pass: nothing of that is kept', async () => {
    const { clients, refuse, records, effects } = await useUsers();
    refuse(new TandemError('STORE_UNAVAILABLE', 'Try again.'));
    await outcomeOf(clients[first].createUser(ann));
    expect(records.size).toBe(0);
    refuse(undefined);
    await clients[second].createUser(ann);
    expect(effects()).toBe(1);
  });
});

describe('a mutation', () => {
  it('has its effect each time where it has no request_id', async () => {
    const { clients, effects, records } = await useUsers();
    await clients.grpc.createUser({ ...ann, requestId: '' });
    await clients.grpc.createUser({ ...ann, requestId: '' });
    expect([effects(), records.size]).toEqual([2, 0]);
  });

  it('keeps nothing of a request that is not valid', async () => {
    const { clients, records } = await useUsers();
    expect((await outcomeOf(clients.grpc.createUser({ ...ann, email: 'nobody' }))).reason).toBe('FIELD_INVALID');
    expect(records.size).toBe(0);
  });

  it('keeps no refusal that its handler came to after an abort: nobody was told of it', async () => {
    const records = createMemoryRecords();
    const over = Promise.withResolvers<void>();
    const createUser = async (_: unknown, { signal }: Call) => {
      const { promise: aborted, resolve } = Promise.withResolvers<void>();
      signal.addEventListener('abort', () => resolve());
      await aborted;
      setImmediate(over.resolve); // when the pipeline is done with what is thrown now
      throw new TandemError('EMAIL_TAKEN', 'Another user has this e-mail.');
    };
    const { clients } = await useServer({ createUser }, { records, secretDigest });
    expect((await outcomeOf(clients.grpc.createUser(ann, { timeoutMs: 100 }))).code).toBe('DeadlineExceeded');
    await over.promise;
    expect(records.size).toBe(0);
  });

  it('answers what another attempt stored meanwhile, not its own refusal', async () => {
    const records = createMemoryRecords();
    const bytes = toBinary(CreateUserResponseSchema, { $typeName: 'tandem.users.v1.CreateUserResponse' });
    const createUser = async () => {
      throw new TandemError('EMAIL_TAKEN', 'Taken by the first attempt.');
    };
    const putRefusal = async () => ({ kind: 'reply', bytes }) as const;
    const { clients } = await useServer({ createUser }, { records: { ...records, putRefusal }, secretDigest });
    expect((await outcomeOf(clients.grpc.createUser(ann))).code).toBe('OK');
  });

  it('answers a recorded answer that its handler found before its transaction', async () => {
    const records = createMemoryRecords();
    const reply = { user: { name: 'first' } };
    const createUser = async (_: unknown, call: Call) => {
      const recorded = call.claim && (await records.find(call.claim, call));
      if (recorded) throw new AnswerRecorded(recorded);
      return records.transaction(call, async () => reply);
    };
    const { clients } = await useServer({ createUser }, { records, secretDigest });
    await clients.grpc.createUser(ann);
    expect((await clients.edge.createUser(ann)).user?.name).toBe('first');
  });

  it('with secrets does not start without a slow digest', async () => {
    await expect(useServer({ createUser: async () => ({}) }, { records: createMemoryRecords() })).rejects.toThrow(
      'CreateUser takes a request_id and secrets: give the server a secretDigest',
    );
  });
});
