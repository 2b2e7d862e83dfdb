import { isIP } from 'node:net';

/** Where a port listens; port 0 takes any free one. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/**
 * Reads `host:port`: `127.0.0.1:50051`, `localhost:0`, `[::1]:8051`.
 *
 * @throws Error that names the value
 */
export function parseListenAddress(text: string): ListenAddress {
  const { host, port } = /^(?<host>\[[^\]]+\]|[^:[\]\s]+):(?<port>\d{1,5})$/.exec(text.trim())?.groups ?? {};
  if (host === undefined || Number(port) > 65_535) {
    throw new Error(
      `"${text}" is no address to listen on: write host:port, as 127.0.0.1:50051, with a port up to 65535.`,
    );
  }
  return { host: host.replace(/^\[|\]$/g, ''), port: Number(port) };
}

/** An address as `host:port`, an IPv6 host in brackets. */
export function formatAddress({ host, port }: ListenAddress): string {
  return isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Whether only this machine can reach the host: `localhost`, `127.0.0.0/8` or `::1`. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}
