import { Redis } from 'ioredis';
import knex from 'knex';
import { createBatchGetUsers } from './batch-get-users.ts';
import { createCreateUser } from './create-user.ts';
import { createGetUser } from './get-user.ts';
import { createImportUsers } from './import-users.ts';
import { serve } from './serve.ts';
import { createTransferPoints } from './transfer-points.ts';
import { createUpdateUser } from './update-user.ts';
import { UserRepository } from './user-repository.ts';

const { DATABASE_URL, REDIS_URL, POOL_SIZE } = process.env;
if (DATABASE_URL === undefined || REDIS_URL === undefined) throw new Error('Set DATABASE_URL and REDIS_URL.');

const max = Number(POOL_SIZE ?? 10);
const database = knex({ client: 'pg', connection: DATABASE_URL, pool: { min: max, max } });
const redis = new Redis(REDIS_URL);
redis.on('error', (error) => console.error(error.message));
const users = new UserRepository({ database, redis });

serve({
  name: 'plain',
  services: {
    'tandem.users.v1.UserService': {
      GetUser: createGetUser(users),
      BatchGetUsers: createBatchGetUsers(users),
      CreateUser: createCreateUser(users),
      UpdateUser: createUpdateUser(users),
      ImportUsers: createImportUsers(users),
    },
    'tandem.users.v1.PointsService': { TransferPoints: createTransferPoints(database) },
  },
});
