import { randomUUID } from 'node:crypto';
import {
  create,
  type DescField,
  type DescMessage,
  type DescMethod,
  type Message,
  toBinary,
  toJsonString,
} from '@bufbuild/protobuf';
import { type ReflectMessage, reflect } from '@bufbuild/protobuf/reflect';
import { FieldOptionsSchema } from '@bufbuild/protobuf/wkt';
import { AuthorService, PostService, SearchService } from '@tandem/contracts/posts';
import { OnDuplicate, PointsService, SessionService, UserService } from '@tandem/contracts/users';
import { createRandom, type Random } from '@tandem/rpc/testing';
import { describe, expect, it } from 'vitest';
import { makeMessage } from './faults/malformed/make-message.ts';
import { mutateMessage } from './faults/malformed/mutate-message.ts';
import { importStream } from './pair/import-stream.ts';
import { createRawGrpcCaller } from './pair/raw-call.ts';
import { usePair } from './pair/use-pair.ts';
import { queryDatabase } from './support/query-database.ts';

/** Short, as JSON.parse tells ten characters on both sides of where it fails. */
const canary = 'kQ8fQz';
/** As imports take it. */
const canaryHash = `$argon2id$v=19$m=19456,t=2,p=1$${canary.padEnd(22, 'A')}$${canary.padEnd(43, 'A')}`;
/** In every form in which it may be taken for a password, a token or a hash, and in those in which it is none. */
const canaries = [
  canary,
  `${canary} long enough`,
  `${canary}${'x'.repeat(400)}`,
  `${canary}\u0000`,
  // Longer than the rules of any of the fields let it be.
  `${canary}${'x'.repeat(1_100)}`,
  canaryHash,
  `$argon2id$v=19$m=1,t=0,p=9$${canary}$${canary}`,
];

const services = [UserService, PointsService, SessionService, PostService, SearchService, AuthorService];
const withSecrets = services
  .flatMap((service): readonly DescMethod[] => service.methods)
  .filter(({ input }) => listSecrets(input).length > 0);

function isSecret({ proto }: DescField): boolean {
  const { options } = proto;
  return options?.$typeName === FieldOptionsSchema.typeName && options.debugRedact;
}

function listSecrets(desc: DescMessage): string[] {
  return desc.fields.flatMap((field) => {
    if (isSecret(field)) return [`${desc.name}.${field.name}`];
    return field.message === undefined ? [] : listSecrets(field.message);
  });
}

/** A message of the method with a canary in each of its secret fields. */
function makeTelling({ input }: DescMethod, random: Random): Message {
  const message = makeMessage(input, random);
  plant(reflect(input, message), random);
  return message;
}

function plant(message: ReflectMessage, random: Random): void {
  for (const field of message.fields) {
    if (isSecret(field) && (field.oneof === undefined || message.isSet(field)))
      message.set(field, random.pick(canaries));
    else if (field.fieldKind === 'list' && field.listKind === 'message') {
      for (const item of message.get(field)) plant(item as ReflectMessage, random);
    } else if (field.fieldKind === 'message' && message.isSet(field)) plant(message.get(field), random);
  }
}

describe('secrets', { timeout: 120_000 }, async () => {
  const { usersService, users, usersEnv } = await usePair({
    LOG_LEVEL: 'debug',
    USERS_DATABASE_SLOW_STATEMENT_MS: '0',
  });

  /** All that the service has told but in replies: its log, its metrics, and what it refused. */
  async function tell(refusals: readonly string[]): Promise<string> {
    const metrics = await (await fetch(`${usersService.edge}/metrics`)).text();
    return [...usersService.stderr, metrics, ...refusals].join('\n');
  }

  it('are all known: every field that has debug_redact', () => {
    expect([...new Set(withSecrets.flatMap(({ input }) => listSecrets(input)))].sort()).toEqual([
      'ChangePasswordRequest.current_password',
      'ChangePasswordRequest.new_password',
      'CreateSessionRequest.password',
      'CreateUserRequest.password',
      'CreateUserWithPostRequest.password',
      'ImportUserRow.password_hash',
      'RevokeSessionRequest.token',
      'ValidateSessionRequest.token',
    ]);
  });

  it('come back in no log, error or metric, whatever becomes of the call', async () => {
    const random = createRandom(20_261_130);
    using caller = createRawGrpcCaller(usersService.grpc);
    const told: string[] = [];
    const sendJson = async (path: string, body: string) => {
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${canary}` };
      const response = await fetch(usersService.edge + path, { method: 'POST', headers, body });
      told.push(`${response.status} ${await response.text()}`);
    };
    for (const method of withSecrets) {
      const path = `/${method.parent.typeName}/${method.name}`;
      for (let n = 0; n < 25; n += 1) {
        const bytes = toBinary(method.input, makeTelling(method, random));
        for (const sent of [bytes, mutateMessage(bytes, random)]) {
          const answer = await caller.send(path, sent);
          if ('status' in answer) told.push(Buffer.from(answer.status, 'hex').toString('latin1'));
        }
      }
      if (method.methodKind !== 'unary') continue;
      for (const json of badJsons(method, random)) await sendJson(path, json);
    }
    expect(told.length).toBeGreaterThan(100);
    expect(told.some((text) => text.includes('FIELD_INVALID') || text.includes('REQUEST_UNREADABLE'))).toBe(true);
    const all = await tell(told);
    expect(all).toContain('call refused');
    expect(all.split('\n').filter((line) => line.includes(canary))).toEqual([]);
  });

  it('that the service makes are told once, to whom they are made for', async () => {
    const email = `${randomUUID()}@secrets.example`;
    const password = `${canary} long enough`;
    await users.createUser({ email, name: 'Told', password });
    const { token } = await users.createSession({ email, password });
    expect((await users.validateSession({ token })).user?.email).toBe(email);
    await users.revokeSession({ key: { case: 'token', value: token } });
    await users.validateSession({ token }).catch(() => {});
    const all = await tell([]);
    expect(all).toContain('ValidateSession');
    for (const secret of [token, password, canary, email]) expect(all).not.toContain(secret);
  });

  it('are not told of a row either that the database refuses, and describes', async () => {
    const refuseAll = 'ALTER TABLE users ADD CONSTRAINT refuses_all CHECK (password_hash IS NULL) NOT VALID';
    await queryDatabase(usersEnv.USERS_DATABASE_URL ?? '', refuseAll);
    const email = `${randomUUID()}@secrets.example`;
    const rows = [{ email, name: 'Refused', passwordHash: canaryHash }];
    const refusal = await users.importUsers(importStream(OnDuplicate.ERROR, rows)).catch(String);
    const all = await tell([String(refusal)]);
    expect(all).toContain('refuses_all');
    for (const secret of [canary, email]) expect(all).not.toContain(secret);
  });
});

/** JSON that is none behind a secret, or has it where something else belongs. */
function badJsons(method: DescMethod, random: Random): string[] {
  const good = toJsonString(method.input, create(method.input, {}));
  const secrets = method.input.fields.filter(isSecret).map(({ jsonName }) => jsonName);
  return secrets.flatMap((name) => [
    `{"${name}":"${canary}"`,
    `{"${name}":"${canary}",}`,
    `{"${name}":${canary}}`,
    `{"${name}":["${canary}"]}`,
    `{"${name}":{"a":"${canary}"}}`,
    `{"${name}":"${canary}","id":"${canary}"}`,
    `{"${name}":"${canary}","pageSize":"${canary}"}`,
    `${good}"${canary}"`,
    `{"${name}":"${random.pick(canaries.slice(0, 3))}"}`,
  ]);
}
