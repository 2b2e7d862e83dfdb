/** Bounds on what an imported hash may ask of whoever verifies it: a login must not cost minutes or gigabytes. */
export const hashBounds = {
  maxMemoryKiB: 262_144,
  maxPasses: 16,
  maxLanes: 16,
  minSaltBytes: 8,
  maxSaltBytes: 64,
  minHashBytes: 16,
  maxHashBytes: 64,
} as const;

const phc = /^\$argon2id\$v=19\$m=(\d{1,9}),t=(\d{1,9}),p=(\d{1,9})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

/**
 * What is wrong with a password hash that came from outside; undefined when nothing is. It must be argon2id of version
 * 19 in PHC form, with parameters within `hashBounds`. The message never holds the hash.
 *
 * Form: https://github.com/P-H-C/phc-string-format; parameters: RFC 9106.
 */
export function checkPasswordHash(hash: string): string | undefined {
  const [, memory, passes, lanes, salt, digest] = phc.exec(hash) ?? [];
  if (
    memory === undefined ||
    passes === undefined ||
    lanes === undefined ||
    salt === undefined ||
    digest === undefined
  ) {
    return 'must be argon2id in PHC form: $argon2id$v=19$m=…,t=…,p=…$salt$hash';
  }
  return (
    checkCost({ memoryKiB: Number(memory), passes: Number(passes), lanes: Number(lanes) }) ??
    checkBase64('salt', salt, { min: hashBounds.minSaltBytes, max: hashBounds.maxSaltBytes }) ??
    checkBase64('hash', digest, { min: hashBounds.minHashBytes, max: hashBounds.maxHashBytes })
  );
}

interface Cost {
  readonly memoryKiB: number;
  readonly passes: number;
  readonly lanes: number;
}

function checkCost({ memoryKiB, passes, lanes }: Cost): string | undefined {
  const { maxMemoryKiB, maxPasses, maxLanes } = hashBounds;
  if (lanes < 1 || lanes > maxLanes) return `p must be 1 to ${maxLanes}`;
  if (passes < 1 || passes > maxPasses) return `t must be 1 to ${maxPasses}`;
  if (memoryKiB < 8 * lanes || memoryKiB > maxMemoryKiB) return `m must be 8 × p to ${maxMemoryKiB} (KiB)`;
  return undefined;
}

/** Base64 without padding, and the only spelling of its bytes. */
function checkBase64(part: string, text: string, { min, max }: { min: number; max: number }): string | undefined {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.toString('base64').replace(/=+$/, '') !== text) return `its ${part} must be base64 without padding`;
  if (bytes.length < min || bytes.length > max) return `its ${part} must be ${min} to ${max} bytes`;
  return undefined;
}
