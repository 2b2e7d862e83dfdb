import type { MessageInitShape } from '@bufbuild/protobuf';
import type { SessionSchema } from '@tandem/contracts/users';
import type { Session } from '../domain/session.ts';
import { fromMicros } from '../domain/time.ts';

/** A session as the contract shows one; never its token. */
export function toSessionMessage(session: Session): MessageInitShape<typeof SessionSchema> {
  return {
    id: session.id,
    userId: session.userId,
    createTime: fromMicros(session.createTime),
    expireTime: fromMicros(session.expireTime),
    ...(session.revokeTime === undefined ? {} : { revokeTime: fromMicros(session.revokeTime) }),
    userAgent: session.userAgent,
    ip: session.ip,
  };
}
