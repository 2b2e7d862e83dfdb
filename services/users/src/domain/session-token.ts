import { createHash, randomBytes } from 'node:crypto';

const tokenBytes = 32;

/** A token that nobody guesses: 256 random bits in base64url, 43 characters. */
export function makeSessionToken(): string {
  return randomBytes(tokenBytes).toString('base64url');
}

/** What is kept of a token. A fast digest is enough: 256 random bits cannot be tried out. Any text has one. */
export function hashSessionToken(token: string): Uint8Array {
  return createHash('sha256').update(token).digest();
}
