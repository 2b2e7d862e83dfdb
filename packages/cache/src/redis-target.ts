/** A server's address. */
export interface RedisAddress {
  readonly host: string;
  readonly port: number;
}

interface RedisLogin {
  readonly username?: string;
  readonly password?: string;
  /** Whether connections are encrypted (`rediss://`). */
  readonly tls: boolean;
}

/** What a REDIS_URL names: one server, a Cluster by some of its nodes, or a master that Sentinels know by name. */
export type RedisTarget =
  | (RedisLogin & RedisAddress & { readonly kind: 'standalone'; readonly db: number })
  | (RedisLogin & { readonly kind: 'cluster'; readonly nodes: readonly RedisAddress[] })
  | (RedisLogin & { readonly kind: 'sentinel'; readonly sentinels: readonly RedisAddress[]; readonly master: string });

/** A REDIS_URL that cannot be understood. The message says what is wrong and never repeats the URL. */
export class RedisUrlError extends Error {
  override readonly name = 'RedisUrlError';
}

const redisPort = 6379;
const sentinelPort = 26379;
const sentinelScheme = 'redis+sentinel://';

/**
 * Understands the forms of REDIS_URL:
 *
 * - `redis://[user:password@]host[:6379][/db]`, `rediss://…` over TLS;
 * - several of these, comma-separated: nodes of one Cluster. Scheme and login are those of the first; later ones may
 *   leave them out (`redis://a:1,b:2`). A Cluster has no `/db`;
 * - `redis+sentinel://[user:password@]host[:26379],host…/name`: the login is the Redis server's.
 *
 * Throws RedisUrlError.
 */
export function parseRedisUrl(url: string): RedisTarget {
  if (url.startsWith(sentinelScheme)) return parseSentinel(url);
  const [first = '', ...others] = url.split(',');
  const server = parseServer(first);
  return others.length === 0 ? { kind: 'standalone', ...server } : clusterOf(server, others);
}

/** Host and port of what the target names, for log lines: no login. */
export function describeRedisTarget(target: RedisTarget): string {
  if (target.kind === 'standalone') return addressText(target);
  if (target.kind === 'cluster') return `cluster ${target.nodes.map(addressText).join(', ')}`;
  return `${target.master} of the sentinels ${target.sentinels.map(addressText).join(', ')}`;
}

function parseSentinel(url: string): RedisTarget {
  const [, login = '', hosts = '', master = ''] =
    /^([^@]*@)?([^/@]*)\/([^/?#]+)$/.exec(url.slice(sentinelScheme.length)) ?? [];
  if (master === '')
    throw new RedisUrlError('REDIS_URL with redis+sentinel:// ends with the name of the master: …/name');
  const sentinels = hosts.split(',').map((host) => addressOf(parse(`redis://${host}`), sentinelPort));
  return { kind: 'sentinel', ...loginOf(parse(`redis://${login}x`)), sentinels, master: decoded(master) };
}

function clusterOf(
  { db, host, port, ...login }: ReturnType<typeof parseServer>,
  others: readonly string[],
): RedisTarget {
  if (db !== 0) throw new RedisUrlError('REDIS_URL names several nodes and a database; a Cluster has only database 0');
  const rest = others.map((other) => addressOf(parse(other.includes('://') ? other : `redis://${other}`), redisPort));
  return { kind: 'cluster', ...login, nodes: [{ host, port }, ...rest] };
}

function parseServer(text: string) {
  const url = parse(text);
  const db = url.pathname.slice(1);
  if (!/^\d{0,5}$/.test(db))
    throw new RedisUrlError('REDIS_URL ends with the number of a database, as in /0, or nothing');
  return { ...loginOf(url), ...addressOf(url, redisPort), db: Number(db) };
}

function parse(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['redis:', 'rediss:'].includes(url.protocol) || url.hostname === '') {
    throw new RedisUrlError(
      'REDIS_URL is not of the form redis://USER:PASSWORD@HOST:6379 (or rediss://, several comma-separated, or redis+sentinel://HOST,HOST/NAME)',
    );
  }
  return url;
}

function addressOf({ hostname, port }: URL, defaultPort: number): RedisAddress {
  return { host: hostname.replace(/^\[(.*)\]$/, '$1'), port: port === '' ? defaultPort : Number(port) };
}

function loginOf({ username, password, protocol }: URL): RedisLogin {
  return {
    ...(username === '' ? {} : { username: decoded(username) }),
    ...(password === '' ? {} : { password: decoded(password) }),
    tls: protocol === 'rediss:',
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new RedisUrlError('REDIS_URL has a % in user, password or name that is no percent-encoding; write it as %25');
  }
}

function addressText({ host, port }: RedisAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
