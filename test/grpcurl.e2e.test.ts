import { describe, expect, it } from 'vitest';
import { findGrpcurl, runGrpcurl } from './grpcurl.ts';
import { usePair } from './pair/use-pair.ts';

const grpcurl = findGrpcurl();
if (!grpcurl) {
  console.warn(
    '\nNOTICE: grpcurl is not installed, so its tests are not run. Install it with:\n  go install github.com/fullstorydev/grpcurl/cmd/grpcurl@v1.9.4\n',
  );
}

describe('grpcurl', async () => {
  const { usersService, postsService } = await usePair();

  it('is looked for, and a notice says when it is missing', () => {
    expect(grpcurl ?? 'missing').toMatch(/grpcurl$|^missing$/);
  });
  if (!grpcurl) return;
  const run = (...args: string[]) => runGrpcurl(grpcurl, args);

  it('lists services, health and reflection', async () => {
    const users = (await run(usersService.grpc, 'list')).stdout.trim().split('\n');
    expect(users).toEqual(
      expect.arrayContaining([
        'grpc.health.v1.Health',
        'grpc.reflection.v1.ServerReflection',
        'tandem.users.v1.PointsService',
        'tandem.users.v1.SessionService',
        'tandem.users.v1.UserService',
      ]),
    );
    expect(users.join()).not.toContain('tandem.posts');
    const posts = (await run(postsService.grpc, 'list')).stdout;
    for (const name of ['PostService', 'SearchService', 'AuthorService'])
      expect(posts).toContain(`tandem.posts.v1.${name}`);
  });

  it('describes every listed service, with comments and options', async () => {
    for (const { grpc } of [usersService, postsService]) {
      for (const service of (await run(grpc, 'list')).stdout.trim().split('\n')) {
        const { exit, stdout, stderr } = await run(grpc, 'describe', service);
        expect([exit, stderr]).toEqual([0, '']);
        expect(stdout).toContain(`${service} is a service`);
      }
    }
    const { stdout } = await run(usersService.grpc, 'describe', 'tandem.users.v1.UserService.CreateUser');
    expect(stdout).toContain('Creates a user.');
    expect(stdout).toContain('users.write');
    expect((await run(usersService.grpc, 'describe', 'tandem.users.v1.User')).stdout).toContain('A person.');
    expect((await run(postsService.grpc, 'describe', 'google.rpc.ErrorInfo')).stdout).toContain(
      'ErrorInfo is a message',
    );
  });

  it('calls methods and reads a refusal with its details', async () => {
    const made = await run(
      '-d',
      '{"email":"grpcurl@e2e.example","name":"Grpcurl"}',
      usersService.grpc,
      'tandem.users.v1.UserService/CreateUser',
    );
    expect(made.stdout).toContain('"name": "Grpcurl"');
    const wrong = await run('-d', '{"id":"x"}', usersService.grpc, 'tandem.users.v1.UserService/GetUser');
    expect(wrong.exit).not.toBe(0);
    expect(wrong.stderr).toContain('Code: InvalidArgument');
    expect(wrong.stderr).toContain('"reason": "FIELD_INVALID"');
    expect(wrong.stderr).toContain('"domain": "users.tandem"');
    expect(wrong.stderr).toContain('"field": "id"');
    const search = await run(
      '-d',
      '{"query":"anything"}',
      postsService.grpc,
      'tandem.posts.v1.SearchService/SearchPosts',
    );
    expect([search.exit, search.stdout.trim()[0]]).toEqual([0, '{']);
    const health = await run(usersService.grpc, 'grpc.health.v1.Health/Check');
    expect(health.stdout).toContain('SERVING');
  });
});
