import type { MessageInitShape } from '@bufbuild/protobuf';
import type { UserSchema } from '@tandem/contracts/users';
import { TandemError } from '@tandem/rpc';
import { fromMicros } from '../domain/time.ts';
import type { User } from '../domain/user.ts';

/** A user as the contract shows one. */
export function toUserMessage(user: User): MessageInitShape<typeof UserSchema> {
  return {
    id: user.id,
    email: user.email,
    name: user.name,
    isActive: user.isActive,
    points: user.points,
    createTime: fromMicros(user.createTime),
    updateTime: fromMicros(user.updateTime),
    etag: String(user.version),
  };
}

/** The user, or the refusal where there is none. `by` is the field that named it; never its value: it may be an e-mail. */
export function requireUser<U>(user: U | undefined, by: 'id' | 'email'): U {
  if (user !== undefined) return user;
  throw new TandemError('USER_NOT_FOUND', `No user has this ${by}; check it, or look for the user with ListUsers.`);
}
