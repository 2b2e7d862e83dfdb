import { Client, credentials, Metadata, status } from '@grpc/grpc-js';
import { ErrorInfoSchema } from '@tandem/contracts/wire';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Access } from './access.ts';
import { TandemError } from './errors.ts';
import { createMemoryRecords } from './testing/memory-records.ts';
import { outcomeOf, useServer } from './testing/use-server.ts';

const id = '0190abcd-0000-7000-8000-000000000001';

/** Callers say who they are by a header; only `reader` may do anything, and that is to read users. */
const access: Access = {
  identify(headers) {
    const caller = headers.readHeader('x-test-caller');
    if (caller === undefined) throw new TandemError('CREDENTIALS_MISSING', 'Say who calls.');
    return caller;
  },
  permit(caller, scope) {
    if (caller === 'reader' && scope === 'users.read') return;
    throw new TandemError('PERMISSION_DENIED', `${caller} does not hold ${scope}.`);
  },
};

const as = (caller: string) => ({ headers: { 'x-test-caller': caller } });

describe.each(['grpc', 'edge'] as const)('a call that its caller may not make, on the %s port', (port) => {
  it('is PERMISSION_DENIED, and its handler does not run', async () => {
    const asked: string[] = [];
    const getUser = async (request: { id: string }) => {
      asked.push(request.id);
      return { user: request };
    };
    const { clients } = await useServer({ getUser }, { access });
    const { code, error } = await outcomeOf(clients[port].getUser({ id }, as('eve')));
    expect(code).toBe('PermissionDenied');
    const told = { reason: 'PERMISSION_DENIED', domain: 'users.tandem' };
    expect(error?.findDetails(ErrorInfoSchema)).toMatchObject([told]);
    expect(asked).toEqual([]);
    expect((await clients[port].getUser({ id }, as('reader'))).user?.id).toBe(id);
  });

  it('is refused by what its method asks for, streams too', async () => {
    async function* exportUsers() {
      yield {};
    }
    const handlers = { exportUsers, deleteUser: async () => ({}), importUsers: async () => ({}) };
    const { clients } = await useServer(handlers, { access, records: createMemoryRecords() });
    const imported = clients[port].importUsers(noMessages(), as('reader'));
    expect(await outcomeOf(imported)).toMatchObject({ reason: 'PERMISSION_DENIED' });
    const deleted = clients[port].deleteUser({ id }, as('reader'));
    expect(await outcomeOf(deleted)).toMatchObject({ reason: 'PERMISSION_DENIED' });
    const exported = clients[port].exportUsers({}, as('eve'))[Symbol.asyncIterator]().next();
    expect(await outcomeOf(exported)).toMatchObject({ reason: 'PERMISSION_DENIED' });
  });

  it('is refused before its request is checked, and before it is read', async () => {
    const server = await useServer({ getUser: async () => ({}) }, { access });
    const invalid = server.clients[port].getUser({ id: 'no id' }, as('eve'));
    expect(await outcomeOf(invalid)).toMatchObject({ reason: 'PERMISSION_DENIED' });
    expect(await sendGarbage(server[port].port, 'reader')).toMatchObject({ code: status.INVALID_ARGUMENT });
    expect(await sendGarbage(server[port].port, 'eve')).toMatchObject({ code: status.PERMISSION_DENIED });
  });

  it('is CREDENTIALS_MISSING where nobody is named', async () => {
    const { clients } = await useServer({ getUser: async () => ({}) }, { access });
    const outcome = await outcomeOf(clients[port].getUser({ id }));
    expect(outcome).toMatchObject({ code: 'Unauthenticated', reason: 'CREDENTIALS_MISSING' });
  });

  it('leaves its place free again', async () => {
    const limits = { inFlight: { POINT: 1 } };
    const { clients } = await useServer({ getUser: async () => ({ user: { id } }) }, { access, limits });
    for (const headers of [as('eve'), {}]) await outcomeOf(clients[port].getUser({ id }, headers));
    expect((await clients[port].getUser({ id }, as('reader'))).user?.id).toBe(id);
  });
});

async function* noMessages() {}

/** Both ports speak gRPC: bytes that are no request, as they are. */
function sendGarbage(port: number, caller: string): Promise<unknown> {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  onTestFinished(() => client.close());
  const metadata = new Metadata();
  metadata.set('x-test-caller', caller);
  const same = (bytes: Buffer) => bytes;
  const path = '/tandem.users.v1.UserService/GetUser';
  return new Promise((resolve) => {
    client.makeUnaryRequest(path, same, same, Buffer.from([0x0a, 0x05]), metadata, (error) => resolve(error));
  });
}
