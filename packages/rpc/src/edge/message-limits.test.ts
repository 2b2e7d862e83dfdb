import { gzipSync } from 'node:zlib';
import { UserService } from '@tandem/contracts/users';
import { describe, expect, it } from 'vitest';
import { mountConnectHandlers } from '../mount-connect-handlers.ts';
import { toEnvelope } from '../testing/to-envelope.ts';
import { useEdge } from '../testing/use-ports.ts';

const getUser = '/tandem.users.v1.UserService/GetUser';
const echoUser = mountConnectHandlers(UserService, { getUser: ({ id }) => ({ user: { id } }) });

describe.each([
  { type: 'application/json', encoding: 'content-encoding', wrap: (data: Buffer) => data },
  { type: 'Application/JSON', encoding: 'content-encoding', wrap: (data: Buffer) => data },
  { type: 'application/grpc-web+json', encoding: 'grpc-encoding', wrap: (data: Buffer) => toEnvelope(data, 1) },
])('the edge, reading compressed $type', ({ type, encoding, wrap }) => {
  const limits = { readMaxBytes: 1000, jsonReadMaxBytes: 4000 };

  /** The answer's headers and body in one text, for each protocol has its own place for an error. */
  async function send(json: string): Promise<string> {
    const { url } = await useEdge([echoUser], limits);
    const headers = { 'content-type': type, [encoding]: 'gzip' };
    const reply = await fetch(url + getUser, { method: 'POST', headers, body: Uint8Array.from(wrap(gzipSync(json))) });
    return decodeURIComponent(`${[...reply.headers].join('\n')}\n${await reply.text()}`);
  }

  it('takes JSON longer than the limit in protobuf', async () => {
    expect(await send(`{"id":"${'\\u0078'.repeat(300)}"}`)).toContain('x'.repeat(300));
  });

  it('refuses what is beyond the limit in protobuf, and says so', async () => {
    expect(await send(`{"id":"${'x'.repeat(2000)}"}`)).toContain('2003 bytes in protobuf, and may take 1000');
  });

  it('refuses a bomb when the limit of its text is reached, and says so', async () => {
    const text = await send(`{"id":"x"${' '.repeat(1_000_000)}}`);
    expect(text).toContain('larger than configured readMaxBytes 4000 after decompression');
  });
});
