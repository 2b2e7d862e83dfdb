import { create, type DescMethod } from '@bufbuild/protobuf';
import { ConnectError, createClient } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-node';
import { createGrpcTransport } from '@tandem/contracts';
import { AuthorService, PostService, SearchService } from '@tandem/contracts/posts';
import { PointsService, SessionService, UserService } from '@tandem/contracts/users';
import { describe, expect, it } from 'vitest';
import { describeRefusal } from './pair/refusal.ts';
import { usePair } from './pair/use-pair.ts';

/** What issue by issue becomes shorter. */
const notYet = {
  users: ['CreateUserWithPost'],
  posts: [],
};

describe('a method that comes later', async () => {
  const { usersService, postsService } = await usePair();
  const sides = {
    users: { running: usersService, services: [UserService, PointsService, SessionService] },
    posts: { running: postsService, services: [PostService, SearchService, AuthorService] },
  };

  for (const side of ['users', 'posts'] as const) {
    const { running, services } = sides[side];
    const methods: DescMethod[] = services.flatMap((service) => service.methods);
    it.each(notYet[side])(`of ${side} says so on both ports: %s`, async (name) => {
      const method = methods.find((one) => one.name === name)!;
      await using grpc = createGrpcTransport(running.grpc, []);
      const edge = createConnectTransport({ baseUrl: running.edge, httpVersion: '1.1' });
      for (const transport of [grpc, edge]) {
        const refusal = describeRefusal(await failureOf(createClient(method.parent, transport), method));
        expect(refusal).toMatchObject({ code: 'Unimplemented', reason: 'NOT_IMPLEMENTED', domain: `${side}.tandem` });
      }
    });
  }
});

type AnyMethod = (request: unknown) => Promise<unknown> & AsyncIterable<unknown>;

async function failureOf(client: object, method: DescMethod): Promise<ConnectError> {
  const call = (client as Record<string, AnyMethod>)[method.localName]!;
  try {
    const outcome = call(create(method.input, sample[method.name] ?? {}));
    if (method.methodKind === 'unary') await outcome;
    else for await (const _ of outcome);
  } catch (error) {
    if (error instanceof ConnectError) return error;
    throw error;
  }
  throw new Error(`${method.name} was answered`);
}

/** That a method is not there may only be told of a request that is valid: the rules of the contract come first. */
const id = '00000000-0000-4000-8000-000000000001';
const sample: Record<string, Record<string, unknown>> = {
  SearchUsers: { query: 'a' },
  UpdateUser: { user: { $typeName: 'tandem.users.v1.User', id, points: 0n, etag: '' } },
  ChangePassword: { id, newPassword: 'long enough' },
  DeleteUser: { id },
  CreateUserWithPost: { email: 'a@e2e.example', name: 'A', requestId: id, post: { title: 'T' } },
  SuggestPosts: { prefix: 'ab' },
};
