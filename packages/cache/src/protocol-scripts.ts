import { entityKeys } from './entity-keys.ts';

/**
 * The steps of the protocol that Redis takes as one. Each touches the keys of one entity only. Time is Redis's own, so
 * that the clocks of the processes do not matter.
 */
const nowMs = `
local time = redis.call('TIME')
local nowMs = time[1] * 1000 + math.floor(time[2] / 1000)
`;

/** A Lua script as ioredis registers it: sent once a connection, called by its digest after that. */
interface ScriptDefinition {
  readonly numberOfKeys: number;
  readonly lua: string;
}

/** What `lease` answers beside a value. */
export const leaseReplies = { busy: 0, leased: 1, writers: 2 } as const;

/** By the names of their commands. Argument order: keys as `scriptKeys` gives them, then those in the comment. */
export const protocolScripts = {
  /** Version of the schema, token, milliseconds. A value of another version counts as none. */
  tandemLease: {
    numberOfKeys: 3,
    lua: `
local value = redis.call('GET', KEYS[1])
if value and string.sub(value, 1, #ARGV[1]) == ARGV[1] then return value end
${nowMs}
if redis.call('ZCOUNT', KEYS[3], string.format('(%.0f', nowMs), '+inf') > 0 then return ${leaseReplies.writers} end
if redis.call('SET', KEYS[2], ARGV[2], 'NX', 'PX', ARGV[3]) then return ${leaseReplies.leased} end
return ${leaseReplies.busy}`,
  },
  /** Token; then value and milliseconds, or nothing to give the lease back. */
  tandemFill: {
    numberOfKeys: 3,
    lua: `
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[2])
if ARGV[2] then redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) end
return 1`,
  },
  /** Writer, milliseconds. */
  tandemMark: {
    numberOfKeys: 3,
    lua: `
redis.call('DEL', KEYS[1], KEYS[2])
${nowMs}
redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', string.format('%.0f', nowMs))
redis.call('ZADD', KEYS[3], string.format('%.0f', nowMs + ARGV[2]), ARGV[1])
if redis.call('PTTL', KEYS[3]) < tonumber(ARGV[2]) then redis.call('PEXPIRE', KEYS[3], ARGV[2]) end
return 1`,
  },
  /** Writer. */
  tandemSettle: {
    numberOfKeys: 3,
    lua: `
redis.call('DEL', KEYS[1], KEYS[2])
redis.call('ZREM', KEYS[3], ARGV[1])
return 1`,
  },
  tandemInvalidate: {
    numberOfKeys: 3,
    lua: `
redis.call('DEL', KEYS[1], KEYS[2])
return 1`,
  },
} as const satisfies Record<string, ScriptDefinition>;

/** KEYS of every script. */
export function scriptKeys(key: string): [value: string, lease: string, writers: string] {
  const { value, lease, writers } = entityKeys(key);
  return [value, lease, writers];
}
