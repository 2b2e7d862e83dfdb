import { CacheUnavailableError } from './cache-unavailable-error.ts';

/**
 * What is wrong in a word or two: a system code, the first word of what Redis answered (`OOM`, `LOADING`), or what ioredis
 * means by its message. Never an address, a key or a secret.
 */
export function failureReason(error: unknown): string {
  if (error instanceof CacheUnavailableError) return error.reason;
  if (!(error instanceof Error)) return 'unknown failure';
  if ('code' in error && typeof error.code === 'string') return error.code;
  if (/timed out|timeout/i.test(error.message)) return 'timed out';
  if (error.name === 'ReplyError') return /^[A-Z]+/.exec(error.message)?.[0] ?? 'refused';
  return 'connection lost';
}
