import { randomInt } from 'node:crypto';
import { findFreePort } from '@tandem/dev-stack';

/**
 * A free port that stays free until it is listened on, and while a service is away: below those that the system gives to
 * outgoing connections.
 */
export function pickPort(): Promise<number> {
  return findFreePort(randomInt(20_000, 32_000));
}
