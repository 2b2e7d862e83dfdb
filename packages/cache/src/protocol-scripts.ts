import { entityKeys } from './entity-keys.ts';

/**
 * The steps of the protocol that Redis takes as one. A script takes its step for one entity after the other, each as if it
 * came alone; all of them are of one slot of a Cluster. Time is Redis's own, so that the clocks of the processes do not
 * matter.
 */
const nowMs = `
local time = redis.call('TIME')
local nowMs = time[1] * 1000 + math.floor(time[2] / 1000)
`;

/** A Lua script as ioredis registers it: sent once a connection, called by its digest after that. */
interface ScriptDefinition {
  readonly lua: string;
}

/** What `lease` answers beside a value. */
export const leaseReplies = { busy: 0, leased: 1, writers: 2 } as const;

/**
 * A script over entities: KEYS are those of `scriptKeys` for each, ARGV as many words for each; the reply is an array.
 *
 * @param words the names by which the step knows its words
 */
function forEach(words: readonly string[], step: string): ScriptDefinition {
  const given = words.map((_, index) => `, ARGV[first + ${index}]`).join('');
  return {
    lua: `
local function take(${['value', 'lease', 'writers', ...words].join(', ')})${step}
end
local replies = {}
for entity = 1, #KEYS / 3 do
  local first = (entity - 1) * ${words.length} + 1
  replies[entity] = take(KEYS[3 * entity - 2], KEYS[3 * entity - 1], KEYS[3 * entity]${given})
end
return replies`,
  };
}

/** By the names of their commands, which are called with the number of keys, the keys, and the words. */
export const protocolScripts = {
  /** A value of another version counts as none. */
  tandemLease: forEach(
    ['version', 'token', 'ttlMs'],
    `
local stored = redis.call('GET', value)
if stored and string.sub(stored, 1, #version) == version then return stored end
${nowMs}
if redis.call('ZCOUNT', writers, string.format('(%.0f', nowMs), '+inf') > 0 then return ${leaseReplies.writers} end
if redis.call('SET', lease, token, 'NX', 'PX', ttlMs) then return ${leaseReplies.leased} end
return ${leaseReplies.busy}`,
  ),
  /** A time to live of 0: nothing is stored, the lease is given back. */
  tandemFill: forEach(
    ['token', 'stored', 'ttlMs'],
    `
if redis.call('GET', lease) ~= token then return 0 end
redis.call('DEL', lease)
if ttlMs ~= '0' then redis.call('SET', value, stored, 'PX', ttlMs) end
return 1`,
  ),
  tandemMark: forEach(
    ['writer', 'ttlMs'],
    `
redis.call('DEL', value, lease)
${nowMs}
redis.call('ZREMRANGEBYSCORE', writers, '-inf', string.format('%.0f', nowMs))
redis.call('ZADD', writers, string.format('%.0f', nowMs + ttlMs), writer)
if redis.call('PTTL', writers) < tonumber(ttlMs) then redis.call('PEXPIRE', writers, ttlMs) end
return 1`,
  ),
  tandemSettle: forEach(
    ['writer'],
    `
redis.call('DEL', value, lease)
redis.call('ZREM', writers, writer)
return 1`,
  ),
  tandemInvalidate: forEach(
    [],
    `
redis.call('DEL', value, lease)
return 1`,
  ),
} as const satisfies Record<string, ScriptDefinition>;

/** The keys of an entity, as every script takes them. */
export function scriptKeys(key: string): [value: string, lease: string, writers: string] {
  const { value, lease, writers } = entityKeys(key);
  return [value, lease, writers];
}
