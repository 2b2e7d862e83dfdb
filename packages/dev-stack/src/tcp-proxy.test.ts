import { once } from 'node:events';
import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts';
import { waitUntil } from './wait-until.ts';

describe('startTcpProxy', () => {
  const echo = createServer({ allowHalfOpen: true }, (socket) => socket.on('error', () => {}).pipe(socket));
  let proxy: TcpProxy;
  const clients: Socket[] = [];

  beforeEach(async () => {
    echo.listen(0, '127.0.0.1');
    await once(echo, 'listening');
    proxy = await startTcpProxy({ targetPort: (echo.address() as AddressInfo).port });
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.destroy();
    await proxy[Symbol.asyncDispose]();
    echo.close();
    await once(echo, 'close');
  });

  async function connect() {
    const socket = createConnection({ port: proxy.port, host: '127.0.0.1' });
    clients.push(socket);
    const client = { socket, received: '', error: '', ended: false };
    socket.on('data', (chunk) => {
      client.received += chunk;
    });
    socket.on('end', () => {
      client.ended = true;
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      client.error = error.code ?? '';
    });
    await once(socket, 'connect');
    return client;
  }
  const receives = (client: { received: string }, text: string) =>
    waitUntil(() => client.received === text, { timeoutMs: 5_000 });

  /** There and back on the same machine, past the proxy: what was sent before has come by then, if it comes at all. */
  async function echoPastProxy(bytes: string): Promise<void> {
    const socket = createConnection((echo.address() as AddressInfo).port, '127.0.0.1');
    clients.push(socket);
    for (const byte of bytes) {
      socket.write(byte);
      await once(socket, 'data');
    }
  }

  it('passes bytes and the end of each direction on', async () => {
    const client = await connect();
    client.socket.end('hello');
    await receives(client, 'hello');
    await waitUntil(() => client.ended, { timeoutMs: 5_000 });
    await waitUntil(() => proxy.connections === 0, { timeoutMs: 5_000 });
  });

  it('passes a large body on whole', async () => {
    const client = await connect();
    const body = 'x'.repeat(5_000_000);
    client.socket.end(body);
    await waitUntil(() => client.received.length === body.length, { timeoutMs: 10_000 });
  });

  it('cuts open connections and serves new ones', async () => {
    const before = await connect();
    before.socket.write('a');
    await receives(before, 'a');
    proxy.cut();
    await waitUntil(() => before.error === 'ECONNRESET', { timeoutMs: 5_000 });
    const after = await connect();
    after.socket.write('b');
    await receives(after, 'b');
  });

  it('refuses new connections until it is resumed', async () => {
    proxy.refuse();
    const refused = createConnection({ port: proxy.port, host: '127.0.0.1' });
    clients.push(refused);
    const [error] = await once(refused, 'error');
    expect(error.code).toBe('ECONNRESET');
    proxy.resume();
    const client = await connect();
    client.socket.write('a');
    await receives(client, 'a');
  });

  it('lets nothing through a black hole, on old connections and new, and loses nothing', async () => {
    const old = await connect();
    old.socket.write('1');
    await receives(old, '1');
    proxy.blackhole();
    const young = await connect();
    old.socket.write('2');
    young.socket.write('3');
    await echoPastProxy('x'.repeat(100));
    expect([old.received, young.received]).toEqual(['1', '']);
    proxy.resume();
    await receives(old, '12');
    await receives(young, '3');
  });

  it('loses what comes back, and only that, until it is resumed', async () => {
    const client = await connect();
    client.socket.write('1');
    await receives(client, '1');
    proxy.loseReplies();
    const young = await connect();
    client.socket.write('2');
    young.socket.write('3');
    await echoPastProxy('x'.repeat(100));
    expect([client.received, young.received]).toEqual(['1', '']);
    proxy.cut();
    proxy.resume();
    const after = await connect();
    after.socket.write('4');
    await receives(after, '4');
    expect(client.received).toBe('1');
  });

  it('delays each direction, in order', async () => {
    const client = await connect();
    proxy.setLatency(60);
    const sentAt = performance.now();
    client.socket.write('a');
    await receives(client, 'a');
    expect(performance.now() - sentAt).toBeGreaterThan(110);
    proxy.setLatency(500);
    client.socket.write('b');
    await echoPastProxy('x'); // the proxy has read it by then, and holds it back
    expect(client.received).toBe('a');
    proxy.setLatency(0);
    client.socket.write('c');
    await receives(client, 'abc');
  });
});
