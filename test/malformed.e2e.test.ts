import { connect } from 'node:net';
import { create, type DescMessage, type DescMethod, fromBinary, fromJson, toBinary } from '@bufbuild/protobuf';
import { Code } from '@connectrpc/connect';
import {
  CreatePostRequestSchema,
  ImportPostsRequestSchema,
  PostService,
  SearchPostsRequestSchema,
  SearchService,
} from '@tandem/contracts/posts';
import {
  CreateUserRequestSchema,
  ImportUsersRequestSchema,
  ListUsersRequestSchema,
  UserService,
} from '@tandem/contracts/users';
import { describe, expect, it } from 'vitest';
import { createRawEdgeCaller, createRawGrpcCaller, type RawAnswer } from './pair/raw-call.ts';
import { usePair } from './pair/use-pair.ts';

const id = '00000000-0000-4000-8000-000000000001';
const samples = {
  users: [
    {
      method: UserService.method.createUser,
      bytes: toBinary(
        CreateUserRequestSchema,
        create(CreateUserRequestSchema, { email: 'm@e2e.example', name: 'M', userId: id, requestId: id }),
      ),
    },
    {
      method: UserService.method.listUsers,
      bytes: toBinary(
        ListUsersRequestSchema,
        create(ListUsersRequestSchema, { filter: { namePrefix: 'm', isActive: true }, orderBy: 'name', pageSize: 3 }),
      ),
    },
    { method: UserService.method.batchGetUsers, bytes: new Uint8Array() },
    { method: UserService.method.importUsers, bytes: optionsBytes(ImportUsersRequestSchema) },
  ],
  posts: [
    {
      method: PostService.method.createPost,
      bytes: toBinary(
        CreatePostRequestSchema,
        create(CreatePostRequestSchema, { authorId: id, title: 'T', tags: ['a'], requestId: id }),
      ),
    },
    {
      method: SearchService.method.searchPosts,
      bytes: toBinary(
        SearchPostsRequestSchema,
        create(SearchPostsRequestSchema, { query: 'a b', facets: [1], filter: { authorId: id } }),
      ),
    },
    { method: PostService.method.listPosts, bytes: new Uint8Array() },
    { method: PostService.method.importPosts, bytes: optionsBytes(ImportPostsRequestSchema) },
  ],
};

// What bytes that still are a message may bring about; DEADLINE_EXCEEDED, UNKNOWN, INTERNAL and UNAVAILABLE are defects.
const allowed: readonly number[] = [
  0,
  Code.InvalidArgument,
  Code.NotFound,
  Code.AlreadyExists,
  Code.FailedPrecondition,
  Code.ResourceExhausted,
  Code.Aborted,
];

function optionsBytes(desc: DescMessage): Uint8Array {
  return toBinary(desc, fromJson(desc, { options: { onDuplicate: 'ON_DUPLICATE_SKIP' } }));
}

describe('1,000 random bad requests', async () => {
  const { usersService, postsService, users, posts } = await usePair();

  for (const side of ['users', 'posts'] as const) {
    const running = side === 'users' ? usersService : postsService;
    it.each(['gRPC', 'edge'] as const)(`to ${side} on the %s port leave it answering`, async (port) => {
      using caller = port === 'gRPC' ? createRawGrpcCaller(running.grpc) : createRawEdgeCaller(running.edge);
      const random = createRandom(`${side} ${port}`);
      const seen = new Map<string, number>();
      for (let batch = 0; batch < 25; batch += 1) {
        const answers = await Promise.all(
          Array.from({ length: 10 }, () => sendBad(caller.send, { random, samples: samples[side] })),
        );
        for (const { kind, bytes, answer } of answers) {
          const code = 'code' in answer ? answer.code : 0;
          const shown = `${Code[code] ?? code} for ${kind}: ${Buffer.from(bytes).toString('hex').slice(0, 400)}`;
          expect(expectedOf[kind], shown).toContain(code);
          seen.set(kind, (seen.get(kind) ?? 0) + 1);
        }
      }
      expect(seen.get('unreadable')).toBeGreaterThan(50);
      expect([...seen.keys()].sort()).toEqual(Object.keys(expectedOf).sort());
      await (side === 'users' ? users.listUsers({}) : posts.listPosts({}));
      expect(running.stderr.filter((line) => line.includes('"reason":"INTERNAL"'))).toEqual([]);
    });

    it.each(['grpc', 'edge'] as const)(`to ${side}: bytes that are no protocol, on the %s port`, async (port) => {
      const random = createRandom(`${side} ${port} socket`);
      for (let n = 0; n < 50; n += 1) await sendGarbage(running[port].replace('http://', ''), random);
      await (side === 'users' ? users.listUsers({}) : posts.listPosts({}));
      expect((await fetch(`${running.edge}/healthz`)).status).toBe(200);
    });

    it(`to ${side}: JSON that is none, wrong content types and endless headers`, async () => {
      const method = pathOf(samples[side][0]!.method);
      const attempts: RequestInit[] = [
        { body: '{"a":'.repeat(5000), headers: { 'content-type': 'application/json' } },
        { body: '['.repeat(200_000), headers: { 'content-type': 'application/json' } },
        { body: '{}', headers: { 'content-type': 'text/html' } },
        { body: '{}', headers: { 'content-type': 'application/json', 'connect-timeout-ms': 'soon' } },
        { body: '{}', headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' } },
        { body: '\u0000'.repeat(100), headers: { 'content-type': 'application/grpc-web+proto' } },
        { body: '{}', headers: { 'content-type': 'application/json', 'x-request-id': 'x'.repeat(9000) } },
      ];
      for (const attempt of attempts) {
        const response = await fetch(running.edge + method, {
          method: 'POST',
          ...attempt,
          signal: AbortSignal.timeout(10_000),
        });
        const text = await response.text();
        expect([response.status < 500 || response.status === 501, text.includes('"internal"')], text).toEqual([
          true,
          false,
        ]);
      }
      const oversize = await fetch(running.edge + method, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: `{"name":"${'x'.repeat(20_000_000)}"}`,
      }).then(
        (response) => response.status,
        () => 'closed',
      );
      expect([429, 413, 'closed']).toContain(oversize);
      expect((await fetch(`${running.edge}/healthz`)).status).toBe(200);
    });
  }
});

function pathOf(method: { parent: { typeName: string }; name: string }): string {
  return `/${method.parent.typeName}/${method.name}`;
}

type Kind = 'unknown method' | 'oversize' | 'unreadable' | 'readable';

/** Never INTERNAL, which a decoder that throws inside a server answers. */
const expectedOf: Record<Kind, readonly number[]> = {
  'unknown method': [Code.Unimplemented],
  oversize: [Code.ResourceExhausted],
  unreadable: [Code.InvalidArgument],
  readable: allowed,
};

interface Samples {
  readonly random: (below: number) => number;
  readonly samples: readonly { method: DescMethod; bytes: Uint8Array }[];
}

async function sendBad(
  send: (path: string, bytes: Uint8Array) => Promise<RawAnswer>,
  { random, samples: known }: Samples,
): Promise<{ kind: Kind; bytes: Uint8Array; answer: RawAnswer }> {
  const { method, bytes: good } = known[random(known.length)]!;
  const oversize = random(60) === 0;
  const bytes = oversize ? new Uint8Array(5 * 1024 * 1024) : random(2) ? mutate(good, random) : noise(random);
  const unknown = !oversize && random(40) === 0;
  const path = unknown ? `${pathOf(method)}${random(100)}` : pathOf(method);
  const kind = unknown
    ? 'unknown method'
    : oversize
      ? 'oversize'
      : isReadable(method, bytes)
        ? 'readable'
        : 'unreadable';
  return { kind, bytes, answer: await send(path, bytes) };
}

function isReadable({ input }: DescMethod, bytes: Uint8Array): boolean {
  try {
    fromBinary(input, bytes);
    return true;
  } catch {
    return false;
  }
}

/** Resolves when the server has ended the connection. */
async function sendGarbage(address: string, random: Samples['random']): Promise<void> {
  const [host = '', port] = address.split(':');
  const preface = random(3) === 0 ? 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n' : random(2) ? 'POST / HTTP/1.1\r\n' : '';
  await new Promise<void>((resolve) => {
    const socket = connect({ host, port: Number(port) }, () =>
      socket.end(Buffer.concat([Buffer.from(preface), noise(random)])),
    );
    socket
      .on('error', () => {})
      .once('close', () => resolve())
      .resume();
  });
}

function noise(random: Samples['random']): Uint8Array {
  return Uint8Array.from({ length: random(300) }, () => random(256));
}

/** Flips, drops, doubles or inserts a few bytes of a good message. */
function mutate(good: Uint8Array, random: Samples['random']): Uint8Array {
  const bytes = [...good];
  for (let change = 0; change <= random(4); change += 1) {
    const at = random(bytes.length + 1);
    const kind = random(4);
    if (kind === 0 && bytes.length > 0) bytes[Math.min(at, bytes.length - 1)] = random(256);
    else if (kind === 1) bytes.splice(at, 1 + random(4));
    else if (kind === 2) bytes.splice(at, 0, ...bytes.slice(at, at + 8));
    else bytes.splice(at, 0, random(256), random(256));
  }
  return Uint8Array.from(bytes);
}

/** The same numbers in every run (mulberry32), so that what fails can be found again. */
function createRandom(seed: string): Samples['random'] {
  let state = [...seed].reduce((sum, letter) => Math.imul(sum, 31) + letter.charCodeAt(0), 7);
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}
