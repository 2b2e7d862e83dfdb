import { create } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import { type ExportUsersResponse, ExportUsersResponseSchema } from '@tandem/contracts/users';
import { describe, expect, it } from 'vitest';
import { readUsers } from './read-users.ts';

const patience = { firstMs: 5_000, laterMs: 5_000, pauseMs: 1 };
const broken = new ConnectError('gone', Code.Unavailable);

/** Five chunks with the cursors 1 to 5; each stream breaks after two of them, or throws `failure` at once. */
function makeClient(failure?: ConnectError) {
  const opened: string[] = [];
  async function* exportUsers({ cursor }: { cursor: string }): AsyncGenerator<ExportUsersResponse> {
    opened.push(cursor);
    if (failure) throw failure;
    const begin = Number(cursor) + 1;
    for (let n = begin; n < begin + 2 && n <= 5; n += 1) yield create(ExportUsersResponseSchema, { cursor: `${n}` });
    if (begin + 2 <= 5) throw broken;
  }
  return { client: { exportUsers } as Parameters<typeof readUsers>[0]['client'], opened };
}

async function read(client: Parameters<typeof readUsers>[0]['client'], cursor: string) {
  const seen: string[] = [];
  const options = { client, cursor, signal: new AbortController().signal, onRetry: () => {}, patience };
  for await (const chunk of readUsers(options)) seen.push(chunk.cursor);
  return seen;
}

describe('reading users', () => {
  it('opens a stream that broke again after the last chunk', async () => {
    const { client, opened } = makeClient();
    expect(await read(client, '')).toEqual(['1', '2', '3', '4', '5']);
    expect(opened).toEqual(['', '2', '4']);
  });

  it('goes on from the cursor that it is given', async () => {
    expect(await read(makeClient().client, '3')).toEqual(['4', '5']);
  });

  it('gives up on what waiting does not mend', async () => {
    const { client, opened } = makeClient(new ConnectError('no', Code.InvalidArgument));
    await expect(read(client, '')).rejects.toMatchObject({ code: Code.InvalidArgument });
    expect(opened).toEqual(['']);
  });
});
