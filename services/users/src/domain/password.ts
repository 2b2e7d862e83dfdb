/** The parameters under which passwords are hashed (OWASP Password Storage Cheat Sheet, argon2id). */
export const hashParameters = { memoryKiB: 19_456, passes: 2, lanes: 1 } as const;

/** How passwords are hashed: slowly, and only so many at once. */
export interface PasswordHasher {
  /**
   * The password's hash in PHC form.
   *
   * @throws TandemError `HASH_QUEUE_FULL` when too many wait; the signal's reason when it is aborted before the turn came
   */
  hash(password: string, signal: AbortSignal): Promise<string>;
  /**
   * Whether the password is the one that the hash (PHC form) was made of, under the hash's own parameters.
   *
   * @throws as `hash` does
   */
  verify(hash: string, password: string, signal: AbortSignal): Promise<boolean>;
  /** @throws TandemError `HASH_QUEUE_FULL` when a hash that was asked for now would be refused */
  assertRoom(): void;
}

const minBytes = 8;
const maxBytes = 256;
const lengthText = `must be ${minBytes} to ${maxBytes} bytes long in UTF-8: a plain letter takes 1 byte, any other character 2 to 4`;
const controlCharacter = /\p{Cc}/u;

/** The form of a password that is counted and hashed: NFC, so that it does not matter how it was typed. */
export function normalizePassword(password: string): string {
  return password.normalize('NFC');
}

/** What is wrong with a normalized password; undefined when nothing is. */
export function checkPassword(password: string): string | undefined {
  const bytes = Buffer.byteLength(password);
  if (bytes < minBytes || bytes > maxBytes) return lengthText;
  return controlCharacter.test(password) ? 'must not hold control characters' : undefined;
}
