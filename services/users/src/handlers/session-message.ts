import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { SessionSchema } from '@tandem/contracts/users';
import type { Session } from '../domain/session.ts';
import { fromMicros, toMicros } from '../domain/time.ts';

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

/** A session's message as bytes. */
export function encodeSession(session: Session): Uint8Array {
  return toBinary(SessionSchema, create(SessionSchema, toSessionMessage(session)));
}

/** The session of `encodeSession`'s bytes. */
export function decodeSession(bytes: Uint8Array): Session {
  const { id, userId, createTime, expireTime, revokeTime, userAgent, ip } = fromBinary(SessionSchema, bytes);
  if (!createTime || !expireTime) throw new Error('The bytes of a session lack its times.');
  return {
    ...{ id, userId, userAgent, ip },
    createTime: toMicros(createTime),
    expireTime: toMicros(expireTime),
    revokeTime: revokeTime && toMicros(revokeTime),
  };
}
