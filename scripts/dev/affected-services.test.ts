import { expect, it } from 'vitest';
import { findAffectedServices } from './affected-services.ts';

it.each([
  ['services/users/src/app.ts', ['users']],
  ['services/posts/src/store/store.ts', ['posts']],
  ['packages/rpc/src/pipeline.ts', ['users', 'posts']],
  ['packages/contracts/src/gen/tandem/users/v1/user_pb.js', []],
  ['packages/rpc/src/pipeline.test.ts', []],
  ['services/users/src/store/postgres-users.db.test.ts', []],
  ['packages/cache/src/testing/faulty-driver.ts', []],
  ['packages/dev-stack/src/redis.ts', []],
  ['services/users/src/app.ts~', []],
  ['services/users/package.json', []],
])('a change of %s restarts %j', (path, services) => {
  expect(findAffectedServices(path)).toEqual(services);
});
