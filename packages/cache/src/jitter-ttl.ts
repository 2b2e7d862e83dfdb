/** `ttlMs` give or take 10 %, a whole number from 1 on: what was cached together does not expire together. */
export function jitterTtl(ttlMs: number): number {
  return Math.max(1, Math.round(ttlMs * (0.9 + Math.random() * 0.2)));
}
