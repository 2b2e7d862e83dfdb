import { once } from 'node:events';
import { Agent, type ClientRequest, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { UserService } from '@tandem/contracts/users';
import { describe, expect, it, onTestFinished } from 'vitest';
import { draining } from '../admission.ts';
import type { TandemError } from '../errors.ts';
import { Interruption } from '../interruption.ts';
import { mountConnectHandlers } from '../mount-connect-handlers.ts';
import { useEdge } from '../testing/use-ports.ts';

const getUser = '/tandem.users.v1.UserService/GetUser';
const importUsers = '/tandem.users.v1.UserService/ImportUsers';
const MIB = 1024 * 1024;

function useUsers(options: Parameters<typeof useEdge>[1]) {
  const users = mountConnectHandlers(UserService, {
    getUser: ({ id }) => ({ user: { id } }),
    async importUsers(requests) {
      for await (const _ of requests);
      return {};
    },
  });
  return useEdge([users], options);
}

interface SlowCall {
  readonly call: ClientRequest;
  readonly answer: Promise<{ status: number | undefined; body: string }>;
}

/** Says that 15 MiB come, sends as many bytes as it is told, and nothing after them. */
function sendHalf(port: number, bytes: number, headers: Record<string, string> = {}): SlowCall {
  const length = String(15 * MIB);
  const call = request({
    port,
    path: getUser,
    method: 'POST',
    agent: false,
    headers: { 'content-type': 'application/json', 'content-length': length, ...headers },
  });
  call.on('error', () => {});
  onTestFinished(() => void call.destroy());
  const answer = once(call, 'response').then(async ([response]) => ({
    status: response.statusCode,
    body: await text(response),
  }));
  call.write(Buffer.alloc(bytes, ' '));
  return { call, answer };
}

async function refusal({ answer }: SlowCall) {
  const { status, body } = await answer;
  const { code, details } = JSON.parse(body);
  return { status, code, reason: details[0].debug.reason };
}

describe('the body of a call that takes one message', () => {
  it('is given up when it takes longer than may be', async () => {
    const { port } = await useUsers({ bodyMaxMs: 50 });
    expect(await refusal(sendHalf(port, 10))).toEqual({
      status: 504,
      code: 'deadline_exceeded',
      reason: 'DEADLINE_EXCEEDED',
    });
  });

  it.each([{ 'connect-timeout-ms': '50' }, { 'content-type': 'application/json', 'grpc-timeout': '50m' }])(
    "is given up when the call's own timeout is over: %o",
    async (headers) => {
      const { port } = await useUsers({});
      expect(await refusal(sendHalf(port, 10, headers))).toMatchObject({ reason: 'DEADLINE_EXCEEDED' });
    },
  );

  it('is refused beyond what all of them may hold, while small calls go on and what was held comes free', async () => {
    const { port, url } = await useUsers({ bodiesMaxBytes: 3 * MIB });
    const slow = [sendHalf(port, 2 * MIB), sendHalf(port, 2 * MIB)];
    const first = await Promise.race(slow.map(async (one) => ({ one, refusal: await refusal(one) })));
    expect(first.refusal).toEqual({ status: 429, code: 'resource_exhausted', reason: 'OVERLOADED' });
    const small = () =>
      fetch(url + getUser, { method: 'POST', body: '{"id":"x"}', headers: { 'content-type': 'application/json' } });
    expect((await small()).status).toBe(200);
    const held = slow.find((one) => one !== first.one)!;
    held.call.end(Buffer.concat([Buffer.alloc(13 * MIB - 2, ' '), Buffer.from('{}')]));
    // It alone needs more than there is.
    expect(await refusal(held)).toMatchObject({ reason: 'OVERLOADED' });
    const large = await fetch(url + getUser, {
      method: 'POST',
      body: `{}${' '.repeat(2 * MIB)}`,
      headers: { 'content-type': 'application/json' },
    });
    expect(large.status).toBe(200);
  });

  it('is refused as soon as the intake ends', async () => {
    const intake = new Interruption<TandemError>();
    const { port } = await useUsers({ intake: { intake } });
    const slow = sendHalf(port, 10);
    await once(slow.call, 'socket');
    setImmediate(() => intake.interrupt(draining()));
    expect(await refusal(slow)).toEqual({ status: 503, code: 'unavailable', reason: 'DRAINING' });
  });

  it('is not what a whole import is bound by', async () => {
    const { port } = await useUsers({ bodyMaxMs: 1000, bodiesMaxBytes: 1 });
    const headers = { 'content-type': 'application/connect+json' };
    const call = request({ port, path: importUsers, method: 'POST', agent: false, headers });
    call.flushHeaders();
    const answer = once(call, 'response');
    await sendHalf(port, 1).answer; // a body's time is over meanwhile
    const message = Buffer.from(`{"options":{}${' '.repeat(100_000)}}`);
    const head = Buffer.alloc(5);
    head.writeUInt32BE(message.length, 1);
    call.end(Buffer.concat([head, message]));
    const [response] = await answer;
    expect(await text(response)).not.toContain('error');
  });
});

describe('a message of a stream', () => {
  it('is given up when its rest takes longer than may be', async () => {
    const { port } = await useUsers({ bodyMaxMs: 50 });
    const headers = { 'content-type': 'application/connect+json' };
    const call = request({ port, path: importUsers, method: 'POST', agent: false, headers });
    onTestFinished(() => void call.destroy());
    call.write(Buffer.from([0, 0, 0, 1]));
    const [response] = await once(call, 'response');
    expect(JSON.parse((await text(response)).slice(5)).error).toMatchObject({
      code: 'deadline_exceeded',
      details: [{ debug: { reason: 'DEADLINE_EXCEEDED' } }],
    });
  });
});

describe('the headers of an HTTP/1.1 request', () => {
  it('are given up soon after their time is over', async () => {
    const { port } = await useUsers({ headersMaxMs: 50 });
    const socket = connect(port, '127.0.0.1', () => socket.write(`POST ${getUser} HTTP/1.1\r\nhost: x\r\n`));
    onTestFinished(() => void socket.destroy());
    expect(await text(socket)).toContain('408');
  });

  it('have their time from their first byte on, not from when the connection was opened', async () => {
    const { port } = await useUsers({ headersMaxMs: 50 });
    const unused = connect(port, '127.0.0.1');
    onTestFinished(() => void unused.destroy());
    await once(unused, 'connect');
    const late = connect(port, '127.0.0.1', () => late.write('P'));
    onTestFinished(() => void late.destroy());
    await text(late);
    unused.end(`GET ${getUser} HTTP/1.1\r\nhost: x\r\n\r\n`);
    expect(await text(unused)).toContain('405');
  });
});

/** Its connections stay until somebody closes them; it has one at a time. */
function useAgent(): Agent {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => agent.destroy());
  return agent;
}

/** Sends 2000 bytes of a body of so many, of which this edge reads none, once it is refused. */
async function sendUnread(port: number, length: number, agent: Agent) {
  const headers = { 'content-type': 'image/jpeg', 'content-length': length };
  const call = request({ port, path: getUser, method: 'POST', agent, headers });
  onTestFinished(() => void call.destroy());
  call.on('error', () => {});
  call.flushHeaders();
  const [response] = await once(call, 'response');
  const { socket, statusCode } = response;
  call.write(Buffer.alloc(2000, ' '));
  if (length === 2000) call.end();
  await text(response);
  return { call, socket: socket as Socket, status: statusCode as number };
}

describe('the rest of a body whose answer is out', () => {
  it('is not waited for without end on HTTP/1.1; a connection whose bodies are whole goes on', async () => {
    const { port } = await useUsers({});
    const [agent, other] = [useAgent(), useAgent()];
    const whole = await sendUnread(port, 2000, agent);
    const endless = await sendUnread(port, 15 * MIB, other);
    expect([whole.status, endless.status]).toEqual([415, 415]);
    const drip = setInterval(() => endless.call.write(' '), 50);
    onTestFinished(() => clearInterval(drip));
    await once(endless.socket, 'close');
    const next = await sendUnread(port, 2000, agent);
    expect(next.socket.localPort).toBe(whole.socket.localPort);
  });
});
