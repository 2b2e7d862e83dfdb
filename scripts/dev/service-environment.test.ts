import { expect, it } from 'vitest';
import { checkServiceVariables, toServiceEnvironment } from './service-environment.ts';

const listen = {
  USERS_LISTEN: '127.0.0.1:1',
  USERS_EDGE_LISTEN: '127.0.0.1:2',
  POSTS_LISTEN: '127.0.0.1:3',
  POSTS_EDGE_LISTEN: '127.0.0.1:4',
};

it('points each service at the other, unless the environment says where it is', () => {
  const stores = { USERS_DATABASE_URL: 'u', POSTS_DATABASE_URL: 'p', REDIS_URL: 'r' };
  const env = { POSTS_TARGET: 'dns:///posts:50052', REDIS_URL_FILE: '/a/file', LOG_LEVEL: 'warn' };
  expect(toServiceEnvironment(env, { listen, stores })).toMatchObject({
    ...{ ...listen, ...stores },
    USERS_TARGET: '127.0.0.1:1',
    POSTS_TARGET: 'dns:///posts:50052',
    REDIS_URL_FILE: undefined,
    LOG_LEVEL: 'warn',
  });
});

it.each([
  ['AUTH_MODE', 'token', 'AUTH_MODE must be "open"'],
  ['LOGIN_WINDOW_SECONDS', 'soon', 'LOGIN_WINDOW_SECONDS must be a whole number'],
  ['USERS_TARGET', 'nowhere', 'USERS_TARGET must be a gRPC target'],
])('refuses %s=%s, as a service would', (name, value, line) => {
  expect(() => checkServiceVariables({ [name]: value }, listen)).toThrow(line);
});

it('takes whatever the stores are named by: they are looked at when they are found', () => {
  const env = { USERS_DATABASE_URL: 'nonsense', REDIS_URL_FILE: '/no/such/file' };
  expect(() => checkServiceVariables(env, listen)).not.toThrow();
});
