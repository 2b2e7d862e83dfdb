import { once } from 'node:events';
import { Agent, request as http1Request } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { create, toBinary } from '@bufbuild/protobuf';
import { Code, ConnectError, createClient } from '@connectrpc/connect';
import { createConnectTransport, createGrpcTransport, createGrpcWebTransport } from '@connectrpc/connect-node';
import { GetUserRequestSchema, PointsService, UserService } from '@tandem/contracts/users';
import { ErrorInfoSchema } from '@tandem/contracts/wire';
import { describe, expect, it, onTestFinished } from 'vitest';
import { mountConnectHandlers } from '../mount-connect-handlers.ts';
import { toEnvelope } from '../testing/to-envelope.ts';
import { useEdge } from '../testing/use-ports.ts';

const getUser = '/tandem.users.v1.UserService/GetUser';
const grantPoints = '/tandem.users.v1.PointsService/GrantPoints';

function post(url: string, body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) {
  return fetch(url, { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } });
}

const echoUser = mountConnectHandlers(UserService, { getUser: ({ id }) => ({ user: { id } }) });

describe('the edge, reading', () => {
  it.each(['9007199254740993', '"9007199254740993"'])('takes the int64 %s exactly', async (amount) => {
    let got: bigint | undefined;
    const points = mountConnectHandlers(PointsService, {
      grantPoints(request) {
        got = request.amount;
        return { points: request.amount };
      },
    });
    const { url } = await useEdge([points]);
    const reply = await post(url + grantPoints, `{"amount": ${amount}}`);
    expect(await reply.json()).toMatchObject({ points: '9007199254740993' });
    expect(got).toBe(9007199254740993n);
  });

  it('reads a compressed body', async () => {
    const { url } = await useEdge([echoUser]);
    const reply = await post(url + getUser, Uint8Array.from(gzipSync('{"id":"x"}')), { 'content-encoding': 'gzip' });
    expect(await reply.json()).toMatchObject({ user: { id: 'x' } });
  });

  it('lets the handler answer JSON that is no such message', async () => {
    const { url } = await useEdge([echoUser]);
    const reply = await post(url + getUser, '{"idd":"x"}');
    expect(reply.status).toBe(400);
    expect(await reply.json()).toMatchObject({ code: 'invalid_argument', message: expect.stringContaining('"idd"') });
  });

  it.each([
    ['application/proto', [0x0a, 0x05], 'invalid_argument'],
    ['application/grpc-web+proto', [0, 0, 0, 0, 2, 0x0a, 0x05], 'grpc-status: 3'],
  ])('lets the handler answer bytes of %s that are no message', async (type, bytes, expected) => {
    const { url } = await useEdge([echoUser]);
    const reply = await post(url + getUser, Uint8Array.from(bytes), { 'content-type': type });
    const answer = await reply.text();
    expect(`grpc-status: ${reply.headers.get('grpc-status')}${answer}`).toContain(expected);
    expect(`${reply.headers.get('grpc-message')}${decodeURIComponent(answer)}`).toContain('GetUserRequest');
  });

  it('lets the handler answer a message of a client stream that cannot be read, after those that can', async () => {
    const seen: number[] = [];
    const users = mountConnectHandlers(UserService, {
      async importUsers(requests) {
        for await (const { payload } of requests) seen.push(payload.case === 'rows' ? payload.value.rows.length : -1);
        return {};
      },
    });
    const { url } = await useEdge([users]);
    const envelopes = ['{"rows":{"rows":[{"email":"a"}]}}', '{"rowz":{}}'].map((json) => toEnvelope(Buffer.from(json)));
    const path = '/tandem.users.v1.UserService/ImportUsers';
    const headers = { 'content-type': 'application/connect+json' };
    const reply = await post(url + path, Uint8Array.from(Buffer.concat(envelopes)), headers);
    expect(await reply.text()).toContain('\\"rowz\\" is unknown');
    expect(seen).toEqual([1]);
  });

  it('refuses a message beyond its limit in protobuf, while its JSON may take more', async () => {
    const { url } = await useEdge([echoUser], { readMaxBytes: 1000, jsonReadMaxBytes: 4000 });
    const id = 'x'.repeat(2000);
    const bytes = toBinary(GetUserRequestSchema, create(GetUserRequestSchema, { id }));
    const refused = await post(url + getUser, Uint8Array.from(bytes), { 'content-type': 'application/proto' });
    expect(await refused.json()).toMatchObject({ code: 'resource_exhausted' });
    const roomy = `{"id":"${'\\u0078'.repeat(300)}"}`;
    expect(await (await post(url + getUser, roomy)).json()).toMatchObject({ user: { id: 'x'.repeat(300) } });
    const inJson = await post(url + getUser, JSON.stringify({ id }));
    expect(await inJson.json()).toMatchObject({ code: 'resource_exhausted' });
    const large = await post(url + getUser, JSON.stringify({ id: id.repeat(3) }));
    expect(await large.json()).toMatchObject({ code: 'resource_exhausted' });
  });

  it.each([
    ['9999999999', 2 ** 31 - 1],
    ['60000', 60_000],
  ])('takes a timeout of %s ms, cut to what a timer can hold', async (timeout, longest) => {
    let timeoutMs: number | undefined;
    const users = mountConnectHandlers(UserService, {
      getUser(_request, context) {
        timeoutMs = context.timeoutMs();
        return {};
      },
    });
    const { url } = await useEdge([users]);
    expect((await post(url + getUser, '{}', { 'connect-timeout-ms': timeout })).status).toBe(200);
    expect(timeoutMs).toBeLessThanOrEqual(longest);
    expect(timeoutMs).toBeGreaterThan(longest - 10_000);
  });

  it('answers a timeout that is none with an error', async () => {
    const { url } = await useEdge([echoUser]);
    const reply = await post(url + getUser, '{}', { 'connect-timeout-ms': 'soon' });
    expect(await reply.json()).toMatchObject({ code: 'invalid_argument' });
  });
});

describe('the edge, answering', () => {
  it('writes zeros, false and empty lists', async () => {
    const users = mountConnectHandlers(UserService, { getUser: () => ({ user: {} }), batchGetUsers: () => ({}) });
    const { url } = await useEdge([users]);
    expect(await (await post(url + getUser, '{}')).json()).toMatchObject({ user: { points: '0', etag: '' } });
    const batch = await post(url.concat('/tandem.users.v1.UserService/BatchGetUsers'), '{}');
    expect(await batch.json()).toEqual({ users: [], missingIds: [] });
  });

  it('sends the same error over every protocol, readable in JSON', async () => {
    const value = { reason: 'USER_NOT_FOUND', domain: 'users.tandem' };
    const users = mountConnectHandlers(UserService, {
      getUser() {
        throw new ConnectError('no\ud800 such user', Code.NotFound, undefined, [{ desc: ErrorInfoSchema, value }]);
      },
    });
    const { url } = await useEdge([users]);
    const transports = [
      createConnectTransport({ baseUrl: url, httpVersion: '1.1' }),
      createConnectTransport({ baseUrl: url, httpVersion: '2', useBinaryFormat: false }),
      createGrpcWebTransport({ baseUrl: url, httpVersion: '1.1' }),
      createGrpcTransport({ baseUrl: url }),
    ];
    for (const transport of transports) {
      const error = await createClient(UserService, transport)
        .getUser({ id: 'x' })
        .then(() => undefined, ConnectError.from);
      expect(error).toMatchObject({ code: Code.NotFound, rawMessage: 'no\ufffd such user' });
      expect(error?.findDetails(ErrorInfoSchema)).toMatchObject([value]);
    }
    expect(await (await post(url + getUser, '{}')).json()).toMatchObject({ details: [{ debug: value }] });
  });

  it('says unimplemented for an unknown path, to people in JSON', async () => {
    const { url } = await useEdge([echoUser]);
    const reply = await post(`${url}/no.Such/Method`, '{}');
    expect(reply.status).toBe(404);
    expect(await reply.json()).toMatchObject({ code: 'unimplemented' });
    const client = createClient(PointsService, createGrpcTransport({ baseUrl: url }));
    const error = await client.grantPoints({}).then(() => undefined, ConnectError.from);
    expect(error?.code).toBe(Code.Unimplemented);
  });

  it.each([
    { method: 'GET', type: undefined, status: 405, header: ['allow', 'POST'] },
    { method: 'PUT', type: 'application/json', status: 405, header: ['allow', 'POST'] },
    { method: 'POST', type: 'text/plain', status: 415, header: ['accept-post', 'application/json, application/proto'] },
  ])('says what is right to $method with $type', async ({ method, type, status, header: [name = '', value] }) => {
    const points = mountConnectHandlers(PointsService, { grantPoints: () => ({}) });
    const { url } = await useEdge([points]);
    const headers = type === undefined ? {} : { 'content-type': type };
    const reply = await fetch(url + grantPoints, { method, headers, ...(method !== 'GET' && { body: '{}' }) });
    expect([reply.status, reply.headers.get(name)]).toEqual([status, value]);
    const message = expect.stringMatching(/POST with content-type application\/json or application\/proto$/);
    expect(await reply.json()).toEqual({ code: 'unknown', message });
  });

  it('names the content-types of a stream', async () => {
    const users = mountConnectHandlers(UserService, { async *exportUsers() {} });
    const { url } = await useEdge([users]);
    const reply = await post(url.concat('/tandem.users.v1.UserService/ExportUsers'), '{}');
    expect(reply.status).toBe(415);
    expect(await reply.json()).toMatchObject({ message: expect.stringContaining('application/connect+json') });
  });

  it('serves routes beside the methods, and lives on when one fails', async () => {
    const { url } = await useEdge([echoUser], {
      routes: {
        '/healthz': () => ({ status: 503, contentType: 'text/plain', body: 'not serving' }),
        '/broken': () => Promise.reject(new Error('secret')),
      },
    });
    const health = await fetch(`${url}/healthz?x=1`);
    expect([health.status, await health.text()]).toEqual([503, 'not serving']);
    const broken = await fetch(`${url}/broken`);
    expect(broken.status).toBe(500);
    expect(await broken.text()).not.toContain('secret');
  });

  it('ends a stream whose reader has gone, even while it waits', async () => {
    const ended = Promise.withResolvers<void>();
    const users = mountConnectHandlers(UserService, {
      async *exportUsers(_request, { signal }) {
        yield { cursor: 'first' };
        await once(signal, 'abort').finally(ended.resolve);
      },
    });
    const { url } = await useEdge([users]);
    const reader = new AbortController();
    const client = createClient(UserService, createConnectTransport({ baseUrl: url, httpVersion: '1.1' }));
    const stream = client.exportUsers({}, { signal: reader.signal })[Symbol.asyncIterator]();
    await stream.next();
    reader.abort();
    await expect(stream.next()).rejects.toMatchObject({ code: Code.Canceled });
    await ended.promise;
  });
});

describe('the edge, when its answer is out before the body was read', () => {
  const body = Buffer.alloc(2_000_000);
  const headers = { 'content-type': 'application/proto' };

  it('closes the stream over HTTP/2', async () => {
    const { url } = await useEdge([echoUser], { readMaxBytes: 1000 });
    const session = connectHttp2(url);
    onTestFinished(() => session.destroy());
    const stream = session.request({ ':method': 'POST', ':path': getUser, ...headers });
    stream.write(body);
    stream.end();
    expect(await text(stream)).toContain('resource_exhausted');
    if (!stream.closed) await once(stream, 'close');
  });

  it('keeps the connection good for the next call over HTTP/1.1', async () => {
    const { url } = await useEdge([echoUser], { readMaxBytes: 1000 });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    onTestFinished(() => agent.destroy());
    const sockets = new Set();
    const call = async (payload: Buffer) => {
      const request = http1Request(url + getUser, { method: 'POST', agent, headers });
      request.once('socket', (socket) => sockets.add(socket));
      // Without a content-length: what is too large shows only while it is read.
      request.write(payload);
      request.end();
      const [response] = await once(request, 'response');
      await text(response);
      return response.statusCode as number;
    };
    expect(await call(body)).toBe(429);
    expect(await call(Buffer.of(0x0a, 0x00))).toBe(200);
    expect(sockets.size).toBe(1);
  });
});

/** Its connections stay until the server closes them. */
function useTransport(baseUrl: string, httpVersion: '1.1' | '2') {
  if (httpVersion === '2') return createConnectTransport({ baseUrl, httpVersion });
  const agent = new Agent({ keepAlive: true });
  onTestFinished(() => agent.destroy());
  return createConnectTransport({ baseUrl, httpVersion, nodeOptions: { agent } });
}

describe('the edge, draining', () => {
  it.each(['1.1', '2'] as const)('answers calls in flight over HTTP/%s, then closes', async (httpVersion) => {
    const began = Promise.withResolvers<void>();
    const finish = Promise.withResolvers<void>();
    const users = mountConnectHandlers(UserService, {
      async getUser() {
        began.resolve();
        await finish.promise;
        return { user: { id: 'x' } };
      },
    });
    const { edge, url } = await useEdge([users]);
    const client = createClient(UserService, useTransport(url, httpVersion));
    const call = client.getUser({ id: 'x' });
    await began.promise;
    const drained = edge.drain();
    await expect(fetch(`${url}/healthz`)).rejects.toThrow();
    finish.resolve();
    expect((await call).user?.id).toBe('x');
    await drained;
  });

  it('closes connections that have nothing in flight at once', async () => {
    const { edge, url } = await useEdge([echoUser]);
    for (const httpVersion of ['1.1', '2'] as const) {
      await createClient(UserService, useTransport(url, httpVersion)).getUser({ id: 'x' });
    }
    await edge.drain();
  });

  it('ends calls in flight when disposed of', async () => {
    const began = Promise.withResolvers<void>();
    const users = mountConnectHandlers(UserService, {
      async getUser(_request, { signal }) {
        began.resolve();
        await once(signal, 'abort');
        return {};
      },
    });
    const { edge, url } = await useEdge([users]);
    const client = createClient(UserService, createGrpcTransport({ baseUrl: url }));
    const call = client.getUser({ id: 'x' }).then(() => undefined, ConnectError.from);
    await began.promise;
    await edge[Symbol.asyncDispose]();
    expect(await call).toBeInstanceOf(ConnectError);
  });
});
