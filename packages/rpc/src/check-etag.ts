import { TandemError } from './errors.ts';

/**
 * Whether a change may go on that was decided on a resource as read; without an etag it always may.
 *
 * @param etag as the request has it; empty: none
 * @param resource what it is called, and the version that is current
 * @throws TandemError `ETAG_MISMATCH`
 */
export function checkEtag(etag: string, { name, version }: { name: string; version: number | bigint }): void {
  if (etag === '' || etag === String(version)) return;
  throw new TandemError('ETAG_MISMATCH', `The ${name} has changed since this etag; read it again and decide anew.`);
}
