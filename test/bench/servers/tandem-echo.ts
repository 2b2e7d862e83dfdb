import { UserService } from '@tandem/contracts/users';
import { bind, createLogger, startServer } from '@tandem/rpc';
import { announce } from './announce.ts';
import { ECHO_USER } from './echo-user.ts';

const { email, name, isActive, points, seconds, etag } = ECHO_USER;
const time = { seconds: BigInt(seconds) };
const user = { email, name, isActive, points: BigInt(points), createTime: time, updateTime: time, etag };
const anyPort = { host: '127.0.0.1', port: 0 };

const server = await startServer({
  name: 'users',
  services: [bind(UserService, { getUser: async ({ id }) => ({ user: { ...user, id } }) })],
  listen: anyPort,
  edgeListen: anyPort,
  authMode: 'open',
  probe: async () => {},
  log: createLogger({ name: 'users', level: 'error' }),
  shutdownGraceMs: 1_000,
});
announce({ name: 'pipeline echo', port: server.grpc.port });
