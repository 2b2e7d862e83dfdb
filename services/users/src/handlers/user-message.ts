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

/** The user, or the refusal where nobody has this id. */
export function requireUser<U>(user: U | undefined, id: string): U {
  if (user !== undefined) return user;
  throw new TandemError('USER_NOT_FOUND', `There is no user ${id}. Check the id; the user may have been deleted.`, {
    metadata: { id },
  });
}

/** The user, or the refusal where nobody has the e-mail, which it does not tell. */
export function requireUserByEmail<U>(user: U | undefined): U {
  if (user !== undefined) return user;
  throw new TandemError('USER_NOT_FOUND', 'No user has this email; check it, or look for the user with ListUsers.');
}
