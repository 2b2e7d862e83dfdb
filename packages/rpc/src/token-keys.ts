import { createHmac, createSecretKey, type KeyObject, randomBytes } from 'node:crypto';

/** How long a salt is, in bytes. */
export const SALT_BYTES = 16;
/** To derive a key for each token takes twice as long as all else of it. Of so many random nonces two meet once in 2^57 times. */
const TOKENS_PER_KEY = 2 ** 20;

/** A key for AES, and the salt that it was derived with. */
export interface SaltedKey {
  readonly salt: Buffer;
  readonly key: KeyObject;
}

/** The keys of one secret's tokens. */
export class TokenKeys {
  readonly #purposeKey: KeyObject;
  #current: SaltedKey | undefined;
  #tokensLeft = 0;

  constructor(purposeKey: KeyObject) {
    this.#purposeKey = purposeKey;
  }

  /** The key to seal one token with. */
  next(): SaltedKey {
    if (this.#current === undefined || this.#tokensLeft === 0) {
      const salt = randomBytes(SALT_BYTES);
      this.#current = { salt, key: this.#derive(salt) };
      this.#tokensLeft = TOKENS_PER_KEY;
    }
    this.#tokensLeft -= 1;
    return this.#current;
  }

  /** The key of the tokens with this salt. */
  of(salt: Buffer): KeyObject {
    return this.#current?.salt.equals(salt) ? this.#current.key : this.#derive(salt);
  }

  #derive(salt: Buffer): KeyObject {
    return createSecretKey(createHmac('sha256', this.#purposeKey).update(salt).digest());
  }
}
