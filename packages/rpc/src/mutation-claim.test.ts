import { create, type MessageInitShape, protoInt64, toBinary } from '@bufbuild/protobuf';
import { BinaryWriter } from '@bufbuild/protobuf/wire';
import {
  CreateUserRequestSchema,
  CreateUserResponseSchema,
  PointsService,
  TransferPointsRequestSchema,
  UserService,
} from '@tandem/contracts/users';
import { describe, expect, it } from 'vitest';
import { planMethod } from './method-plan.ts';
import { claimMutation, type MutationClaim } from './mutation-claim.ts';

const requestId = '0190abcd-0000-7000-8000-000000000001';
const createUser = planMethod(UserService.method.createUser);
const transfer = planMethod(PointsService.method.transferPoints);
const asked: [secret: string, salt: string][] = [];

const callBy = (caller: string, { signal } = new AbortController()) => ({ caller, signal });

async function slowDigest(secret: string, salt: string): Promise<Uint8Array> {
  asked.push([secret, salt]);
  return Buffer.from(`${secret}|${salt}`);
}

function claimUser(init: MessageInitShape<typeof CreateUserRequestSchema>, caller = 'anonymous') {
  const request = create(CreateUserRequestSchema, { email: 'a@b.ch', name: 'A', requestId, ...init });
  return claimMutation(createUser, { request, call: callBy(caller), secretDigest: slowDigest });
}

async function print(claim: Promise<MutationClaim | undefined>): Promise<string | undefined> {
  const made = await claim;
  return made && Buffer.from(made.fingerprint).toString('hex');
}

describe('a claim', () => {
  it('names caller, method and request_id', async () => {
    const method = 'tandem.users.v1.UserService/CreateUser';
    expect(await claimUser({})).toMatchObject({ caller: 'anonymous', method, requestId });
  });

  it('is not made without a request_id', async () => {
    expect(await claimUser({ requestId: '' })).toBeUndefined();
  });

  it('has the same fingerprint for the same payload, 32 bytes long', async () => {
    expect(await print(claimUser({}))).toBe(await print(claimUser({})));
    expect((await claimUser({}))?.fingerprint).toHaveLength(32);
  });

  it('has another fingerprint for another payload', async () => {
    const prints = [
      {},
      { name: 'B' },
      { email: 'b@b.ch' },
      { password: '' },
      { password: 'x' },
      { password: 'y' },
      { name: 'B', password: 'x' },
    ];
    expect(new Set(await Promise.all(prints.map((init) => print(claimUser(init))))).size).toBe(prints.length);
  });

  it('leaves the request as it came', async () => {
    const init = { email: 'a@b.ch', name: 'A', requestId, password: 'correct horse' };
    const request = create(CreateUserRequestSchema, init);
    await claimMutation(createUser, { request, call: callBy('c'), secretDigest: slowDigest });
    expect(request).toEqual(create(CreateUserRequestSchema, init));
  });

  it('does not mind fields that the contract does not know', async () => {
    const known = create(TransferPointsRequestSchema, { amount: protoInt64.parse(5), requestId });
    const more = { ...known, $unknown: [{ no: 999, wireType: 0, data: new BinaryWriter().uint32(7).finish() }] };
    const prints = [known, more].map((request) =>
      print(claimMutation(transfer, { request, call: callBy('c'), secretDigest: undefined })),
    );
    expect(await prints[0]).toBe(await prints[1]);
  });

  it('takes secrets in through the slow digest alone, salted with caller, method and id', async () => {
    asked.length = 0;
    await claimUser({ password: 'correct horse' }, 'eve');
    expect(asked).toEqual([['["correct horse"]', JSON.stringify(['eve', createUser.fullName, requestId])]]);
  });

  it('hands the signal of its call to the slow digest', async () => {
    const controller = new AbortController();
    const request = create(CreateUserRequestSchema, { email: 'a@b.ch', name: 'A', requestId, password: 'p' });
    const secretDigest = (_secret: string, _salt: string, signal: AbortSignal) =>
      new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    const claim = claimMutation(createUser, { request, call: callBy('c', controller), secretDigest });
    controller.abort(new Error('went away'));
    await expect(claim).rejects.toThrow('went away');
  });

  it('lets no secret into the fast hash', async () => {
    const prints = ['correct horse', 'battery staple'].map((password) => {
      const request = create(CreateUserRequestSchema, { email: 'a@b.ch', name: 'A', requestId, password });
      const secretDigest = async () => Buffer.from('the same for all');
      return print(claimMutation(createUser, { request, call: callBy('c'), secretDigest }));
    });
    expect(await prints[0]).toBe(await prints[1]);
  });

  it('asks for no slow digest where there is no secret', async () => {
    asked.length = 0;
    await claimUser({});
    expect(asked).toEqual([]);
  });

  it('encodes the reply once: what was stored is what is sent', async () => {
    const claim = await claimUser({});
    const reply = { user: { id: 'x', name: 'A' } };
    const stored = claim?.encodeReply(reply);
    expect(stored).toEqual(toBinary(CreateUserResponseSchema, create(CreateUserResponseSchema, reply)));
    expect(claim?.encoded(reply)).toBe(stored);
    expect(claim?.encoded({ ...reply })).toBeUndefined();
  });

  it('refuses a reply beyond 4 MiB, so that nothing commits whose answer cannot be delivered', async () => {
    const claim = await claimUser({});
    expect(() => claim?.encodeReply({ user: { name: 'x'.repeat(4 * 1024 * 1024) } })).toThrow(
      expect.objectContaining({ reason: 'RESPONSE_TOO_LARGE' }),
    );
  });
});
