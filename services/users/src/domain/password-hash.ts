import { randomBytes } from 'node:crypto';
import { hashParameters } from './password.ts';

/**
 * Bounds on what an imported hash may ask of whoever verifies it: all logins pass through the same few cores. RFC 9106's
 * second recommended option (section 4: 64 MiB, 3 passes, 4 lanes), which is also the default of many libraries, is within.
 */
export const hashBounds = {
  maxMemoryKiB: 65_536,
  maxPasses: 10,
  maxLanes: 4,
  /** Memory × passes, which is what the time goes with: about seven times that of `hashParameters`. */
  maxWorkKiB: 262_144,
  minSaltBytes: 8,
  maxSaltBytes: 64,
  minHashBytes: 16,
  maxHashBytes: 64,
} as const;

const phc = /^\$argon2id\$v=19\$([mtp=0-9,]{1,40})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

/**
 * What is wrong with a password hash that came from outside; undefined when nothing is. It must be argon2id of version
 * 19 in PHC form, with parameters within `hashBounds`, in any order: libraries differ in it. The message never holds the
 * hash.
 *
 * Form: https://github.com/P-H-C/phc-string-format; parameters: RFC 9106.
 */
export function checkPasswordHash(hash: string): string | undefined {
  const [, parameters, salt, digest] = phc.exec(hash) ?? [];
  const cost = parameters === undefined ? undefined : readCost(parameters);
  if (cost === undefined || salt === undefined || digest === undefined) {
    return 'must be argon2id in PHC form: $argon2id$v=19$m=…,t=…,p=…$salt$hash';
  }
  return (
    checkCost(cost) ??
    checkBase64('salt', salt, { min: hashBounds.minSaltBytes, max: hashBounds.maxSaltBytes }) ??
    checkBase64('hash', digest, { min: hashBounds.minHashBytes, max: hashBounds.maxHashBytes })
  );
}

/** Whether a hash was made under the parameters that passwords are hashed under now. */
export function isCurrentHash(hash: string): boolean {
  const [, parameters] = phc.exec(hash) ?? [];
  const cost = parameters === undefined ? undefined : readCost(parameters);
  const { memoryKiB, passes, lanes } = hashParameters;
  return cost?.memoryKiB === memoryKiB && cost.passes === passes && cost.lanes === lanes;
}

/** A hash that no password has, for who has none: to be told so must take as long as to be told of a wrong password. */
export function makeDecoyHash(): string {
  const { memoryKiB, passes, lanes } = hashParameters;
  const random = (bytes: number) => randomBytes(bytes).toString('base64').replace(/=+$/, '');
  return `$argon2id$v=19$m=${memoryKiB},p=${lanes},t=${passes}$${random(16)}$${random(32)}`;
}

/** Each of the three once; undefined for anything else. */
function readCost(parameters: string): Cost | undefined {
  const parts = parameters.split(',');
  const read = (name: string) =>
    Number(/^[mtp]=(\d{1,9})$/.exec(parts.find((part) => part.startsWith(name)) ?? '')?.[1]);
  const cost = { memoryKiB: read('m'), passes: read('t'), lanes: read('p') };
  return parts.length === 3 && Object.values(cost).every(Number.isInteger) ? cost : undefined;
}

interface Cost {
  readonly memoryKiB: number;
  readonly passes: number;
  readonly lanes: number;
}

function checkCost({ memoryKiB, passes, lanes }: Cost): string | undefined {
  const { maxMemoryKiB, maxPasses, maxLanes, maxWorkKiB } = hashBounds;
  if (lanes < 1 || lanes > maxLanes) return `p must be 1 to ${maxLanes}`;
  if (passes < 1 || passes > maxPasses) return `t must be 1 to ${maxPasses}`;
  if (memoryKiB < 8 * lanes || memoryKiB > maxMemoryKiB) return `m must be 8 × p to ${maxMemoryKiB} (KiB)`;
  if (memoryKiB * passes > maxWorkKiB) return `m × t must be at most ${maxWorkKiB} (KiB)`;
  return undefined;
}

/** Base64 without padding, and the only spelling of its bytes. */
function checkBase64(part: string, text: string, { min, max }: { min: number; max: number }): string | undefined {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.toString('base64').replace(/=+$/, '') !== text) return `its ${part} must be base64 without padding`;
  if (bytes.length < min || bytes.length > max) return `its ${part} must be ${min} to ${max} bytes`;
  return undefined;
}
