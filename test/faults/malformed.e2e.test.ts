import { connect } from 'node:net';
import { Code } from '@connectrpc/connect';
import { AuthorService, PostService, SearchService } from '@tandem/contracts/posts';
import { PointsService, SessionService, UserService } from '@tandem/contracts/users';
import { createRandom, type Random } from '@tandem/rpc/testing';
import { describe, expect, it } from 'vitest';
import { usePair } from '../pair/use-pair.ts';
import { type BadRequest, kinds, makeBadRequest, type Port } from './malformed/bad-request.ts';
import { openHeapProbe, probedEnv } from './malformed/heap-probe.ts';
import { RawConnection, type RawOutcome } from './malformed/raw-connection.ts';
import { runLanes } from './support/run-lanes.ts';
import { scaled, scaledTimeoutMs } from './support/scale.ts';

const requestsPerPort = scaled(1_500);
const lanes = 8;
/** A busy machine may take its time. */
const patient = { timeoutMs: 60_000 };
const garbageConnections = scaled(60);
/** What caches, compiled code and pools may still take after the first tenth. */
const maxGrowthBytes = 24 * 1024 * 1024;

const services = {
  users: [UserService, PointsService, SessionService],
  posts: [PostService, SearchService, AuthorService],
} as const;

/** To see a failure again: the seed that it was printed with. */
const seed = Number(process.env.FAULTS_SEED ?? Math.floor(Math.random() * 2 ** 31));

describe('requests that no client would send', { timeout: scaledTimeoutMs(240_000) }, async () => {
  const { usersService, postsService, users, posts } = await usePair({ LOG_LEVEL: 'error', ...probedEnv });
  const email = 'good@malformed.example';
  const good = {
    users: async () => expect((await users.getUserByEmail({ email }, patient)).user?.name).toBe('Good'),
    posts: async () => expect((await posts.searchPosts({ query: 'good' }, patient)).hits.length).toBe(0),
  };

  it.each([
    ['users', 'gRPC'],
    ['users', 'edge'],
    ['posts', 'gRPC'],
    ['posts', 'edge'],
  ] as const)('to %s on the %s port are refused for what they are, and disturb nobody', async (name, port) => {
    const running = name === 'users' ? usersService : postsService;
    await users.createUser({ email, name: 'Good' }, patient).catch(() => {});
    const target = port === 'gRPC' ? running.grpc : running.edge.replace('http://', '');
    using probe = await openHeapProbe(running);
    using beside = startBeside(good[name]);
    const seen = new Map<string, number>();
    const send = (count: number, part: number) => sendMany({ target, name, port, seen }, count, part);
    await send(Math.ceil(requestsPerPort / 10), 0);
    const before = await probe.measure();
    await send(requestsPerPort, 1);
    for (let n = 0; n < garbageConnections; n += 1) await sendGarbage(target, createRandom(seed + n));
    expect((await probe.measure()) - before).toBeLessThan(maxGrowthBytes);
    expect(await beside.stop()).toBeGreaterThan(0);
    expect(running.stderr.filter((line) => line.startsWith('{'))).toEqual([]);
    console.log(`malformed (${name}, ${port}):`, Object.fromEntries([...seen].sort()));
    for (const kind of kinds.filter((kind) => kind !== 'json' || port === 'edge')) {
      expect(
        [...seen.keys()].filter((key) => key.startsWith(`${kind}:`)),
        kind,
      ).not.toEqual([]);
    }
  });

  interface Sending {
    readonly target: string;
    readonly name: keyof typeof services;
    readonly port: Port;
    readonly seen: Map<string, number>;
  }

  async function sendMany({ target, name, port, seen }: Sending, count: number, part: number): Promise<void> {
    const connections = Array.from({ length: lanes }, () => new RawConnection(target));
    const random = createRandom(seed + part);
    const all = Array.from({ length: count }, (_, n) => n);
    await runLanes(all, lanes, async (n, lane) => {
      const request = makeBadRequest(services[name], port, random);
      const outcome = await (connections[lane] as RawConnection).send(request);
      if (!isAllowed(request, outcome)) throw new Error(describeFailure(n, request, outcome));
      const key = `${request.kind}: ${Code[Number(outcome.code)] ?? outcome.code}`;
      seen.set(key, (seen.get(key) ?? 0) + 1);
    });
    for (const connection of connections) connection[Symbol.dispose]();
  }
});

/** Where posts asks users for an author, users may be too busy with the rest. */
function isAllowed({ allowed }: BadRequest, { code, reason }: RawOutcome): boolean {
  return allowed.some((one) => one === code) || reason === 'PEER_UNAVAILABLE';
}

function describeFailure(
  n: number,
  { kind, path, headers, body }: BadRequest,
  { code, reason, text }: RawOutcome,
): string {
  const told = `${Code[Number(code)] ?? code} ${reason ?? ''} ${text.slice(0, 200)}`;
  const hex = Buffer.from(body).toString('hex').slice(0, 2_000);
  return `${kind} ${n} to ${path}: ${told}\nFAULTS_SEED=${seed} ${JSON.stringify(headers).slice(0, 300)}\n${hex}`;
}

/** Good calls all the while, one after the other; each must be answered. */
function startBeside(call: () => Promise<void>): Disposable & { stop(): Promise<number> } {
  let [calls, stopped] = [0, false];
  const calling = (async () => {
    for (; !stopped; calls += 1) await call();
  })();
  calling.catch(() => {});
  const halt = () => {
    stopped = true;
  };
  return {
    async stop() {
      halt();
      await calling;
      return calls;
    },
    [Symbol.dispose]: halt,
  };
}

/** Bytes that are no protocol. Resolves when the server has ended the connection. */
async function sendGarbage(target: string, random: Random): Promise<void> {
  const [host = '', port] = target.split(':');
  const preface = random.pick(['', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'POST / HTTP/1.1\r\n', '\u0016\u0003\u0001']);
  await new Promise<void>((resolve) => {
    const socket = connect({ host, port: Number(port) }, () =>
      socket.end(Buffer.concat([Buffer.from(preface, 'latin1'), random.bytes(300)])),
    );
    socket
      .on('error', () => {})
      .once('close', () => resolve())
      .resume();
  });
}
