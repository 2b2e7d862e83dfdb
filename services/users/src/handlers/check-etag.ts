import { TandemError } from '@tandem/rpc';
import type { User } from '../domain/user.ts';

/** Whether a change may go on that was decided on a user as read. @throws TandemError `ETAG_MISMATCH` */
export function checkEtag(etag: string, user: User): void {
  if (etag === '' || etag === String(user.version)) return;
  throw new TandemError('ETAG_MISMATCH', 'The user has changed since this etag; read it again and decide anew.');
}
