import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Protocols, splitProtocols } from './split-protocols.ts';

type Limits = Pick<Protocols, 'idleMaxMs' | 'sniffMaxMs'>;

async function useSplit(limits: Partial<Limits> = {}) {
  const taken = Promise.withResolvers<{ protocol: string; socket: Socket }>();
  const take = (protocol: string) => (socket: Socket) => taken.resolve({ protocol, socket });
  const options = { http1: take('http1'), http2: take('http2'), idleMaxMs: 60_000, sniffMaxMs: 60_000, ...limits };
  const server = createServer(splitProtocols(options)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return { server, taken: taken.promise };
}

async function useConnection(server: Server) {
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1').setNoDelay();
  // A reset is one way to be closed.
  client.on('error', () => {});
  const closed = new Promise<void>((resolve) => client.once('close', () => resolve()));
  onTestFinished(() => void client.destroy());
  const [socket] = await accepted;
  return { client, socket, closed };
}

/** Each piece is sent only when the server has read the one before. */
async function sendPieces(client: Socket, socket: Socket, pieces: readonly string[]): Promise<void> {
  for (const [index, piece] of pieces.entries()) {
    const read = index < pieces.length - 1 ? once(socket, 'readable') : undefined;
    client.write(piece);
    await read;
  }
}

describe('splitProtocols', () => {
  it.each([
    ['http2', ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n']],
    ['http2', ['P', 'RI * HT', 'TP/2.0\r\n\r\nSM\r\n\r\n']],
    ['http1', ['POST / HTTP/1.1\r\n']],
    ['http1', ['P', 'OST / HTTP/1.1\r\n']],
    ['http1', ['PR', 'OPFIND / HTTP/1.1\r\n']],
    ['http1', ['G']],
  ])('gives to %s what begins with %j, whole', async (protocol, pieces) => {
    const { server, taken } = await useSplit();
    const { client, socket } = await useConnection(server);
    await sendPieces(client, socket, pieces);
    const decided = await taken;
    expect(decided.protocol).toBe(protocol);
    expect(String(decided.socket.read())).toBe(pieces.join(''));
  });

  it('closes a connection that begins and does not say what it speaks', async () => {
    const { server } = await useSplit({ sniffMaxMs: 20 });
    const { client, closed } = await useConnection(server);
    client.write('PRI');
    await closed;
  });

  it('keeps one that has not begun for longer', async () => {
    const { server, taken } = await useSplit({ sniffMaxMs: 20 });
    const unused = await useConnection(server);
    const begun = await useConnection(server);
    begun.client.write('PRI');
    await begun.closed;
    unused.client.write('GET');
    expect((await taken).protocol).toBe('http1');
  });

  it('closes one that never begins', async () => {
    const { server } = await useSplit({ idleMaxMs: 20 });
    await (await useConnection(server)).closed;
  });
});
