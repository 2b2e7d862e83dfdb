import type { MessageInitShape } from '@bufbuild/protobuf';
import type { ImportUsersRequestSchema } from '@tandem/contracts/users';
import { describe, expect, it } from 'vitest';
import { outcomeOf, useServer } from './testing/use-server.ts';

const tooLong = 'x'.repeat(5 * 1024 * 1024);

async function* rowsOf(email: string): AsyncGenerator<MessageInitShape<typeof ImportUsersRequestSchema>> {
  yield { payload: { case: 'options', value: {} } };
  yield { payload: { case: 'rows', value: { rows: [{ email }] } } };
}

describe.each(['grpc', 'edge'] as const)('a request of more than 4 MiB in protobuf, on the %s port', (port) => {
  it('is RESOURCE_EXHAUSTED', async () => {
    const { clients } = await useServer({ getUser: async () => ({}) });
    expect((await outcomeOf(clients[port].getUser({ id: tooLong }))).code).toBe('ResourceExhausted');
  });

  it('is RESOURCE_EXHAUSTED as a message of a stream', async () => {
    let taken = 0;
    const importUsers = async (requests: AsyncIterable<unknown>) => {
      for await (const _ of requests) taken++;
      return {};
    };
    const { clients } = await useServer({ importUsers });
    expect((await outcomeOf(clients[port].importUsers(rowsOf(tooLong)))).code).toBe('ResourceExhausted');
    expect(taken).toBeLessThanOrEqual(1);
  });
});
