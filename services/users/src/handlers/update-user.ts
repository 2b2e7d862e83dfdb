import type {
  UpdateUserRequest,
  UpdateUserRequestSchema,
  UpdateUserResponseSchema,
  User as UserMessage,
} from '@tandem/contracts/users';
import { checkEtag, fieldInvalid, readUpdateMask, requireGiven, type UnaryHandler } from '@tandem/rpc';
import { checkName } from '../domain/names.ts';
import type { UserChanges } from '../domain/user.ts';
import type { UserStore } from '../store/store.ts';
import { requireUser, toUserMessage } from './user-message.ts';

/** The fields that an update may change, and where a message has them. */
const updatable = { email: 'email', name: 'name', is_active: 'isActive' } as const;
const updatableFields = ['email', 'name', 'is_active'] as const;

/** Changes a user; deactivating ends the user's sessions with it. */
export function updateUser(
  store: Pick<UserStore, 'transaction'>,
): UnaryHandler<typeof UpdateUserRequestSchema, typeof UpdateUserResponseSchema> {
  return async (request, call) => {
    const { id, etag } = readUser(request);
    const changes = readChanges(request);
    return await store.transaction(call, async (tx) => {
      const user = requireUser(await tx.users.lock(id), id);
      checkEtag(etag, { name: 'user', version: user.version });
      const changed = await tx.users.update(user, changes);
      if (user.isActive && !changed.isActive) await tx.sessions.endAll(id);
      return { user: toUserMessage(changed) };
    });
  };
}

function readUser({ user }: UpdateUserRequest): UserMessage {
  if (user === undefined) throw fieldInvalid('user', 'is required');
  return user;
}

/** What the mask names must be given: nothing of a user can be emptied, and nobody is deactivated by leaving a field out. */
function readChanges(request: UpdateUserRequest): UserChanges {
  const user = readUser(request);
  const populated = updatableFields.filter((field) => user[updatable[field]] !== undefined);
  const fields = readUpdateMask(request.updateMask, { updatable: updatableFields, populated });
  requireGiven(fields, { resource: 'user', given: populated });
  const name = fields.has('name') ? user.name : undefined;
  const problem = name === undefined ? undefined : checkName(name);
  if (problem !== undefined) throw fieldInvalid('user.name', problem);
  return {
    email: fields.has('email') ? user.email : undefined,
    name,
    isActive: fields.has('is_active') ? user.isActive : undefined,
  };
}
