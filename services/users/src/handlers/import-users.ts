import {
  type ImportUserRow,
  ImportUserRowSchema,
  type ImportUsersRequestSchema,
  type ImportUsersResponseSchema,
} from '@tandem/contracts/users';
import {
  type ClientStreamHandler,
  type FieldViolation,
  type ImportMeter,
  takeImport,
  validateMessage,
  writeCheckedRows,
} from '@tandem/rpc';
import type { ImportRow, RowRefusal } from '../domain/import-plan.ts';
import { checkName } from '../domain/names.ts';
import { checkPasswordHash } from '../domain/password-hash.ts';
import { toMicros } from '../domain/time.ts';
import { type ImportTask, importInPieces } from './import-in-pieces.ts';

interface ImportUsersDependencies {
  readonly store: ImportTask['store'];
  readonly meter: ImportMeter;
}

/** Takes users in: options first, then rows. The rows of a message commit by themselves. */
export function importUsers({
  store,
  meter,
}: ImportUsersDependencies): ClientStreamHandler<typeof ImportUsersRequestSchema, typeof ImportUsersResponseSchema> {
  return (requests, call) =>
    takeImport(requests, {
      checkRows: async (messages) => messages.map(checkRow),
      takeRows: (checked, onDuplicate) =>
        writeCheckedRows<ImportRow, RowRefusal>(checked, (rows) => importInPieces(rows, { store, onDuplicate, call })),
      meter,
      call,
    });
}

function checkRow(message: ImportUserRow): ImportRow | RowRefusal {
  const violations = [...validateMessage(ImportUserRowSchema, message), ...checkBeyondSchema(message)];
  if (violations.length > 0) return { reason: 'FIELD_INVALID', message: describeViolations(violations) };
  return {
    id: message.id === '' ? undefined : message.id.toLowerCase(),
    email: message.email,
    name: message.name,
    isActive: message.isActive,
    passwordHash: message.passwordHash,
    createTime: message.createTime && toMicros(message.createTime),
  };
}

function checkBeyondSchema({ name, passwordHash }: ImportUserRow): FieldViolation[] {
  // An empty name has been told of by the schema's own rule.
  const nameProblem = name === '' ? undefined : checkName(name);
  const hashProblem = passwordHash === undefined ? undefined : checkPasswordHash(passwordHash);
  return [
    ...(nameProblem === undefined ? [] : [{ field: 'name', description: nameProblem }]),
    ...(hashProblem === undefined ? [] : [{ field: 'password_hash', description: hashProblem }]),
  ];
}

function describeViolations(violations: readonly FieldViolation[]): string {
  return violations.map(({ field, description }) => `${field}: ${description}`).join('; ');
}
