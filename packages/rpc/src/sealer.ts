import { createCipheriv, createDecipheriv, createSecretKey, hkdfSync, type KeyObject, randomBytes } from 'node:crypto';
import { SALT_BYTES, type SaltedKey, TokenKeys } from './token-keys.ts';

const VERSION = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEAD_BYTES = 1 + SALT_BYTES + NONCE_BYTES;

/** Seals short texts for a purpose, and opens only what was sealed by one of the keys for the same purpose. */
export interface Sealer {
  /** Base64url without padding. `context` is bound in, not carried. */
  seal(text: string, context: string): string;
  /** The sealed text, or undefined: garbage, tampered with, an unknown version or key, another context. */
  open(sealed: string, context: string): string | undefined;
}

/**
 * A sealer over secret texts of any length; the first seals, all open.
 *
 * Format of a token, all of it base64url: version (1 byte, 1), salt (16), nonce (12), AES-256-GCM ciphertext, tag (16).
 * A token's AES key is HMAC-SHA256(purpose key, salt), and a sealer takes another salt in time, so that the random nonce
 * never repeats under one key however many tokens are made (the scheme of C2SP XAES-256-GCM, https://c2sp.org/XAES-256-GCM,
 * with HMAC for CMAC); the purpose key is HKDF-SHA256(secret, info = purpose). Authenticated with it: version and context.
 */
export function createSealer(secrets: readonly Uint8Array[], purpose: string): Sealer {
  const keys = secrets.map((secret) => new TokenKeys(derivePurposeKey(secret, purpose)));
  const first = keys[0];
  if (first === undefined || secrets.some((secret) => secret.byteLength === 0)) {
    throw new Error(`No key to seal a ${purpose} with: give at least one secret, and no empty one.`);
  }
  return {
    seal: (text, context) => seal(first.next(), text, context),
    open: (sealed, context) => {
      const bytes = decode(sealed);
      if (bytes === undefined) return undefined;
      const salt = bytes.subarray(1, 1 + SALT_BYTES);
      return firstDefined(keys, (ofSecret) => open(ofSecret.of(salt), bytes, context));
    },
  };
}

function derivePurposeKey(secret: Uint8Array, purpose: string): KeyObject {
  return createSecretKey(new Uint8Array(hkdfSync('sha256', secret, '', `tandem ${purpose} v1`, 32)));
}

function seal({ salt, key }: SaltedKey, text: string, context: string): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(toAad(context));
  const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return Buffer.concat([Buffer.of(VERSION), salt, nonce, body, cipher.getAuthTag()]).toString('base64url');
}

function open(key: KeyObject, bytes: Buffer, context: string): string | undefined {
  const nonce = bytes.subarray(1 + SALT_BYTES, HEAD_BYTES);
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(toAad(context));
  decipher.setAuthTag(bytes.subarray(bytes.length - TAG_BYTES));
  try {
    const body = decipher.update(bytes.subarray(HEAD_BYTES, bytes.length - TAG_BYTES));
    return Buffer.concat([body, decipher.final()]).toString('utf8');
  } catch {
    return undefined;
  }
}

/** The bytes of a token of this version, or undefined. Only the one spelling that `seal` writes is taken. */
function decode(sealed: string): Buffer | undefined {
  const bytes = Buffer.from(sealed, 'base64url');
  if (bytes.length < HEAD_BYTES + TAG_BYTES || bytes[0] !== VERSION) return undefined;
  return bytes.toString('base64url') === sealed ? bytes : undefined;
}

function toAad(context: string): Buffer {
  return Buffer.concat([Buffer.of(VERSION), Buffer.from(context, 'utf8')]);
}

function firstDefined<T, R>(items: readonly T[], find: (item: T) => R | undefined): R | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}
