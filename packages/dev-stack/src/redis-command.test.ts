import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { parseReplies, sendRedisCommands } from './redis-command.ts';

const whole = '+OK\r\n:42\r\n$-1\r\n$2\r\nä\r\n*2\r\n$1\r\n0\r\n*1\r\n$3\r\nkey\r\n*-1\r\n';

async function useAnswer(answer: string) {
  const received: string[] = [];
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      received.push(chunk.toString());
      socket.end(answer);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    received,
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => void server.close(),
  };
}

describe('parseReplies', () => {
  it('reads every kind of reply', () => {
    expect(parseReplies(Buffer.from(whole))).toEqual(['OK', 42, null, 'ä', ['0', ['key']], null]);
  });

  it('leaves a reply that is cut anywhere for later', () => {
    const bytes = Buffer.from('*2\r\n$5\r\nhello\r\n:7\r\n');
    for (let length = 0; length < bytes.length; length++) expect(parseReplies(bytes.subarray(0, length))).toEqual([]);
    expect(parseReplies(bytes)).toEqual([['hello', 7]]);
  });

  it('throws what Redis refuses', () => {
    expect(() => parseReplies(Buffer.from('-NOAUTH Authentication required.\r\n'))).toThrow('NOAUTH');
  });
});

describe('sendRedisCommands', () => {
  it('logs in and chooses the database that the URL names', async () => {
    await using server = await useAnswer('+OK\r\n+OK\r\n+PONG\r\n');
    const replies = await sendRedisCommands(`redis://me:p%40ss@${server.host}/3`, [['PING']]);
    expect(replies).toEqual(['PONG']);
    const auth = '*3\r\n$4\r\nAUTH\r\n$2\r\nme\r\n$4\r\np@ss\r\n';
    expect(server.received.join('')).toBe(`${auth}*2\r\n$6\r\nSELECT\r\n$1\r\n3\r\n*1\r\n$4\r\nPING\r\n`);
  });

  it('throws when the server closes before it has answered', async () => {
    await using server = await useAnswer('+PO');
    await expect(sendRedisCommands(`redis://${server.host}`, [['PING']])).rejects.toThrow('closed');
  });
});
