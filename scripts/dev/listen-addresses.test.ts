import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, it } from 'vitest';
import { chooseListenAddresses } from './listen-addresses.ts';

const free = {
  USERS_LISTEN: '127.0.0.1:0',
  USERS_EDGE_LISTEN: '127.0.0.1:0',
  POSTS_LISTEN: '127.0.0.1:0',
  POSTS_EDGE_LISTEN: '127.0.0.1:0',
};

it('settles port 0, since each service must know the other', async () => {
  const chosen = Object.values(await chooseListenAddresses(free));
  for (const address of chosen) expect(address).toMatch(/^127\.0\.0\.1:[1-9]\d+$/);
});

it('names the address that is in use and its variable', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const taken = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const env = { ...free, POSTS_EDGE_LISTEN: taken };
  await expect(chooseListenAddresses(env)).rejects.toThrow(
    `${taken} is already in use (by another npm run dev?): stop what listens there, or set POSTS_EDGE_LISTEN`,
  );
  server.close();
});

it.each(['nonsense', '127.0.0.1:70000', '127.0.0.1:'])('refuses %s in one line', async (address) => {
  await expect(chooseListenAddresses({ ...free, USERS_LISTEN: address })).rejects.toThrow(
    `USERS_LISTEN is ${address}, but host:port is needed`,
  );
});

it.each(['0.0.0.0:0', '[::]:0', '192.0.2.1:50051'])('refuses %s, which others could reach', async (address) => {
  await expect(chooseListenAddresses({ ...free, POSTS_LISTEN: address })).rejects.toThrow(
    `POSTS_LISTEN is ${address}, but everyone who reached it could do everything: give 127.0.0.1.`,
  );
});

it.each(['localhost:0', '127.1.2.3:0', '0'])('takes %s', async (address) => {
  expect((await chooseListenAddresses({ ...free, POSTS_LISTEN: address })).POSTS_LISTEN).toMatch(/:[1-9]\d+$/);
});
