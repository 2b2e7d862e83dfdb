import { request } from 'node:http';
import { connect } from 'node:net';
import { create, type DescMethod, toBinary } from '@bufbuild/protobuf';
import { reflect } from '@bufbuild/protobuf/reflect';
import { ConnectError } from '@connectrpc/connect';
import { Client, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { UserService } from '@tandem/contracts/users';
import { BadRequestSchema } from '@tandem/contracts/wire';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Handlers } from '../src/handler.ts';
import { createMemoryRecords } from '../src/testing/memory-records.ts';
import { createRandom, type Random } from '../src/testing/random.ts';
import { type TestServer, useServer } from '../src/testing/use-server.ts';

const REQUESTS = 1000;
const id = '0190abcd-0000-7000-8000-000000000001';
/** What may become of a bad request: never INTERNAL, never UNKNOWN, never an answer that does not come. */
const REFUSALS = ['INVALID_ARGUMENT', 'RESOURCE_EXHAUSTED', 'UNIMPLEMENTED', 'DEADLINE_EXCEEDED'];
const EMPTY_TEXTS: readonly string[] = new Array(1_000_000).fill('');
const unary = UserService.methods.filter(({ methodKind }) => methodKind === 'unary');

describe('bad requests', () => {
  it(`${REQUESTS} on the gRPC port leave it answering, each with a status that says whose fault it was`, async () => {
    const server = await useFuzzedServer();
    const client = new Client(`127.0.0.1:${server.grpc.port}`, credentials.createInsecure());
    onTestFinished(() => client.close());
    const random = createRandom(20_261_125);
    const codes = new Map<string, number>();
    for (let i = 0; i < REQUESTS; i++) count(codes, await sendGrpc(client, random));
    expect([...codes.keys()].filter((code) => code !== 'OK' && !REFUSALS.includes(code))).toEqual([]);
    expect(codes.get('INVALID_ARGUMENT')).toBeGreaterThan(REQUESTS / 4);
    expect(codes.get('RESOURCE_EXHAUSTED')).toBeGreaterThan(0);
    await expectSound(server);
  });

  it(`${REQUESTS} on the edge leave it answering, none with a server's error`, async () => {
    const server = await useFuzzedServer();
    const random = createRandom(42);
    const statuses = new Map<number, number>();
    for (let i = 0; i < REQUESTS; i++) count(statuses, await sendHttp(server.edge.port, random));
    expect([...statuses.keys()].filter((code) => code >= 500 && code !== 501 && code !== 504)).toEqual([]);
    expect(statuses.get(400)).toBeGreaterThan(REQUESTS / 4);
    await expectSound(server);
  });

  it.each([
    { name: 'batchGetUsers', request: { ids: EMPTY_TEXTS } },
    { name: 'createUserWithPost', request: { post: { tags: EMPTY_TEXTS } } },
    { name: 'updateUser', request: { user: { id }, updateMask: { paths: EMPTY_TEXTS } } },
  ] as const)('of $name with as many items as fit into a message are refused for that alone', async (bad) => {
    const server = await useFuzzedServer();
    for (const port of ['grpc', 'edge'] as const) {
      const call = server.clients[port][bad.name] as (request: object) => Promise<unknown>;
      const error = await call(bad.request).then(() => undefined, ConnectError.from);
      const [details] = error?.findDetails(BadRequestSchema) ?? [];
      expect(details?.fieldViolations.map(({ description }) => description)).toEqual([
        expect.stringContaining('no more than'),
      ]);
    }
    await expectSound(server);
  });

  it.each(['grpc', 'edge'] as const)(
    'of random bytes instead of a protocol leave the %s port answering',
    async (port) => {
      const server = await useFuzzedServer();
      const random = createRandom(7);
      for (let i = 0; i < 200; i++) await sendGarbage(server[port].port, random);
      await expectSound(server);
    },
  );
});

async function useFuzzedServer(): Promise<TestServer> {
  const handlers = Object.fromEntries(unary.map(({ localName }) => [localName, async () => ({})]));
  const records = createMemoryRecords();
  return await useServer(handlers as Handlers<typeof UserService>, { records, secretDigest: async () => Buffer.of(1) });
}

/** It answers on both ports, and nothing that came in was taken for a defect. */
async function expectSound({ clients, logged, edge }: TestServer): Promise<void> {
  await clients.grpc.getUser({ id });
  await clients.edge.getUser({ id });
  const metrics = await (await fetch(`http://127.0.0.1:${edge.port}/metrics`)).text();
  expect(metrics).not.toContain('code="INTERNAL"');
  expect(logged.filter(({ level }) => Number(level) >= 50)).toEqual([]);
}

async function sendGrpc(client: Client, random: Random): Promise<string> {
  const method = random.pick(unary);
  const path = random.chance(0.05) ? `/${random.word()}/${random.word()}` : `/${UserService.typeName}/${method.name}`;
  const bytes = Buffer.from(badBytes(method, random));
  const metadata = toMetadata(badHeaders(random));
  const deadline = Date.now() + 10_000;
  return await new Promise((resolve) => {
    const asIs = (buffer: Buffer) => buffer;
    client.makeUnaryRequest(path, asIs, asIs, bytes, metadata, { deadline }, (error: ServiceError | null) => {
      resolve(error ? (status[error.code] ?? 'none') : 'OK');
    });
  });
}

async function sendHttp(port: number, random: Random): Promise<number> {
  const method = random.pick(unary);
  const path = random.chance(0.05) ? `/${random.word()}` : `/${UserService.typeName}/${method.name}`;
  const type = random.pick([
    'application/json',
    'application/proto',
    'application/grpc-web+proto',
    'application/connect+json',
  ]);
  const body = type.includes('json') ? badJson(method, random) : badBytes(method, random);
  const headers = { ...badHeaders(random), 'content-type': random.chance(0.05) ? random.word() : type };
  return await new Promise((resolve, reject) => {
    const verb = random.chance(0.05) ? 'PUT' : 'POST';
    const call = request({ port, path, method: verb, headers }, (response) => {
      response.resume();
      response.once('end', () => resolve(response.statusCode ?? 0));
    });
    call.setTimeout(10_000, () => call.destroy(new Error('no answer within 10 s')));
    call.once('error', reject);
    call.end(body);
  });
}

async function sendGarbage(port: number, random: Random): Promise<void> {
  await new Promise<void>((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      if (random.chance(0.3)) socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
      if (random.chance(0.3)) socket.write(`POST / HTTP/1.1\r\ncontent-length: ${random.word()}\r\n`);
      socket.end(random.bytes(200));
    });
    socket.on('error', () => {});
    socket.resume().once('close', () => resolve());
    socket.setTimeout(50, () => socket.destroy());
  });
}

function badBytes(method: DescMethod, random: Random): Uint8Array {
  if (random.chance(0.02)) return new Uint8Array(4 * 1024 * 1024 + 100);
  if (random.chance(0.4)) return random.bytes(100);
  const message = create(method.input);
  const view = reflect(method.input, message);
  for (const field of method.input.fields) {
    if (field.fieldKind === 'scalar' && random.chance(0.5)) view.set(field, view.get(field));
  }
  const bytes = Buffer.concat([toBinary(method.input, message), Buffer.from(`\n${String.fromCharCode(36)}${id}`)]);
  for (let n = random.below(4); n >= 0; n--) bytes[random.below(bytes.length)] = random.below(256);
  return bytes.subarray(0, random.chance(0.3) ? random.below(bytes.length) : bytes.length);
}

function badJson(method: DescMethod, random: Random): string {
  if (random.chance(0.2)) return Buffer.from(random.bytes(60)).toString('latin1');
  const values = [
    '"\\ud800"',
    'null',
    '-1',
    '1e999',
    '[[]]',
    '{"a":{}}',
    '"2026-13-45T99:00:00Z"',
    `"${id}"`,
    '18446744073709551616',
  ];
  const keys = [...method.input.fields.map(({ jsonName }) => jsonName), random.word(), '__proto__', ''];
  const pairs = Array.from({ length: 1 + random.below(3) }, () => `"${random.pick(keys)}":${random.pick(values)}`);
  return random.chance(0.1) ? '['.repeat(20_000) : `{${pairs.join()}}`;
}

function badHeaders(random: Random): Record<string, string> {
  const all: Record<string, string[]> = {
    'x-request-id': ['', ' ', 'é', 'x'.repeat(4000)],
    traceparent: ['00', random.word(), '\u00ff'],
    'grpc-timeout': ['99999999H', '1x', '-5S'],
    'connect-timeout-ms': ['99999999999', 'soon', '-1'],
    authorization: [random.word()],
    'x-binary-bin': ['not base64!'],
  };
  const chosen = Object.entries(all).filter(() => random.chance(0.1));
  return Object.fromEntries(chosen.map(([name, values]) => [name, random.pick(values)]));
}

/** What grpc-js itself refuses to send is left out. */
function toMetadata(headers: Record<string, string>): Metadata {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(headers)) {
    if (/^[ -~]*$/.test(value) && !name.endsWith('-bin')) metadata.set(name, value);
    if (name.endsWith('-bin')) metadata.set(name, Buffer.from(value));
  }
  return metadata;
}

function count<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
