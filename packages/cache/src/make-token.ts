import { randomBytes } from 'node:crypto';

const ofThisProcess = randomBytes(12).toString('base64url');
let made = 0;

/** A word that nobody else has ever used. */
export function makeToken(): string {
  made += 1;
  return `${ofThisProcess}.${made.toString(36)}`;
}
