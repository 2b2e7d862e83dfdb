import { createConnection, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

const TIMEOUT_MS = 5_000;

/** What a Redis server answers: text, a number, nothing, or a list of these. */
export type RedisReply = string | number | null | readonly RedisReply[];

/**
 * Sends commands to one Redis server over one connection, one after the other, and answers the replies. For starting
 * and cleaning up only: services and tests go through the cache package.
 *
 * @param url `redis://` or `rediss://`, with user, password and database number where needed
 * @throws when the server cannot be reached, answers an error, or not within 5 s
 */
export async function sendRedisCommands(url: string, commands: readonly (readonly string[])[]): Promise<RedisReply[]> {
  const target = new URL(url);
  const socket = openSocket(target).setTimeout(TIMEOUT_MS);
  socket.on('timeout', () => socket.destroy(new Error(`no answer within ${TIMEOUT_MS / 1000} s`)));
  try {
    const greeting = greet(target);
    socket.write([...greeting, ...commands].map(encodeCommand).join(''));
    const replies = await readReplies(socket, greeting.length + commands.length);
    return replies.slice(greeting.length);
  } finally {
    socket.destroy();
  }
}

function openSocket(target: URL): Socket {
  const host = target.hostname.replace(/^\[|\]$/g, '');
  const port = Number(target.port || 6379);
  return target.protocol === 'rediss:'
    ? connectTls({ host, port, servername: host })
    : createConnection({ host, port });
}

function greet(target: URL): string[][] {
  const user = decodeURIComponent(target.username);
  const password = decodeURIComponent(target.password);
  const database = target.pathname.slice(1);
  return [
    ...(password === '' ? [] : [['AUTH', ...(user === '' ? [] : [user]), password]]),
    ...(database === '' ? [] : [['SELECT', database]]),
  ];
}

function encodeCommand(words: readonly string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`;
}

async function readReplies(socket: Socket, count: number): Promise<RedisReply[]> {
  let received = Buffer.alloc(0);
  for await (const chunk of socket) {
    received = Buffer.concat([received, chunk]);
    const replies = parseReplies(received);
    if (replies.length >= count) return replies;
  }
  throw new Error('the connection was closed');
}

/** The whole replies at the beginning of what was received (RESP2, redis.io/docs/latest/develop/reference/protocol-spec). */
export function parseReplies(received: Buffer): RedisReply[] {
  const replies: RedisReply[] = [];
  let rest = parseReply(received, 0);
  while (rest !== undefined) {
    replies.push(rest.reply);
    rest = parseReply(received, rest.next);
  }
  return replies;
}

interface Parsed {
  readonly reply: RedisReply;
  readonly next: number;
}

function parseReply(bytes: Buffer, from: number): Parsed | undefined {
  const lineEnd = bytes.indexOf('\r\n', from);
  if (lineEnd < 0) return undefined;
  const line = bytes.toString('utf8', from + 1, lineEnd);
  const next = lineEnd + 2;
  switch (bytes.toString('latin1', from, from + 1)) {
    case '+':
      return { reply: line, next };
    case ':':
      return { reply: Number(line), next };
    case '$':
      return parseBulk(bytes, { length: Number(line), from: next });
    case '*':
      return parseList(bytes, { length: Number(line), from: next });
    default:
      throw new Error(`Redis answered: ${line}`);
  }
}

function parseBulk(bytes: Buffer, { length, from }: { length: number; from: number }): Parsed | undefined {
  if (length < 0) return { reply: null, next: from };
  if (bytes.length < from + length + 2) return undefined;
  return { reply: bytes.toString('utf8', from, from + length), next: from + length + 2 };
}

function parseList(bytes: Buffer, { length, from }: { length: number; from: number }): Parsed | undefined {
  if (length < 0) return { reply: null, next: from };
  const replies: RedisReply[] = [];
  let next = from;
  for (let index = 0; index < length; index++) {
    const item = parseReply(bytes, next);
    if (item === undefined) return undefined;
    replies.push(item.reply);
    next = item.next;
  }
  return { reply: replies, next };
}
