import { once } from 'node:events';
import { createServer } from 'node:net';
import { findFreePort } from '@tandem/dev-stack';
import { isLoopback } from '@tandem/rpc';

/** Where the services listen by default (the configuration table). */
const DEFAULTS = {
  USERS_LISTEN: '127.0.0.1:50051',
  USERS_EDGE_LISTEN: '127.0.0.1:8051',
  POSTS_LISTEN: '127.0.0.1:50052',
  POSTS_EDGE_LISTEN: '127.0.0.1:8052',
} as const;

/** Where each service listens, by variable. */
export type ListenAddresses = Record<keyof typeof DEFAULTS, string>;

/**
 * The addresses that the services will listen on: port 0 is settled here, since each service must know the other's.
 *
 * @throws in one line when an address cannot be listened on
 */
export async function chooseListenAddresses(env: NodeJS.ProcessEnv): Promise<ListenAddresses> {
  const chosen: ListenAddresses = { ...DEFAULTS };
  for (const variable of Object.keys(DEFAULTS) as (keyof typeof DEFAULTS)[]) {
    chosen[variable] = await settle({ variable, address: env[variable] || DEFAULTS[variable] });
  }
  return chosen;
}

async function settle({ variable, address }: { variable: string; address: string }): Promise<string> {
  const [, host, portText] = /^(?:(.*):)?(\d+)$/.exec(address) ?? [];
  if (portText === undefined || Number(portText) > 65_535) {
    throw new Error(`${variable} is ${address}, but host:port is needed, such as ${DEFAULTS.USERS_LISTEN}.`);
  }
  // A service would refuse any other too, but only after the stores are up.
  if (host !== undefined && !isLoopback(unbracket(host))) {
    throw new Error(`${variable} is ${address}, but everyone who reached it could do everything: give 127.0.0.1.`);
  }
  if (portText === '0') return `${host || '127.0.0.1'}:${await findFreePort()}`;
  await checkFree({ variable, host: host || '127.0.0.1', port: Number(portText) });
  return `${host || '127.0.0.1'}:${portText}`;
}

function unbracket(host: string): string {
  return host.replace(/^\[|\]$/g, '');
}

async function checkFree({ variable, host, port }: { variable: string; host: string; port: number }): Promise<void> {
  const server = createServer().listen(port, unbracket(host));
  try {
    await once(server, 'listening');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === 'EADDRINUSE' ? 'is already in use (by another npm run dev?)' : `cannot be used (${code})`;
    throw new Error(`${host}:${port} ${why}: stop what listens there, or set ${variable} to another address.`);
  }
  server.close();
  await once(server, 'close');
}
