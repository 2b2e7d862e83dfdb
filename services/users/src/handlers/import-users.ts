import {
  type ImportUserRow,
  ImportUserRowSchema,
  type ImportUsersRequest,
  type ImportUsersRequestSchema,
  type ImportUsersResponseSchema,
  OnDuplicate as OnDuplicateMessage,
} from '@tandem/contracts/users';
import { type Call, type ClientStreamHandler, type FieldViolation, fieldInvalid, validateMessage } from '@tandem/rpc';
import type { ImportRow, OnDuplicate, RowOutcome, RowRefusal } from '../domain/import-plan.ts';
import { type ImportProgress, ImportTally } from '../domain/import-tally.ts';
import { checkName } from '../domain/names.ts';
import { checkPasswordHash } from '../domain/password-hash.ts';
import { toMicros } from '../domain/time.ts';
import type { UserStore } from '../store/store.ts';

interface ImportUsersDependencies {
  readonly store: Pick<UserStore, 'transaction'>;
  /** Told after each chunk that is in. */
  readonly onChunk: (progress: ImportProgress, call: Call) => void;
}

/** Takes users in: options first, then rows. The rows of a message commit by themselves. */
export function importUsers({
  store,
  onChunk,
}: ImportUsersDependencies): ClientStreamHandler<typeof ImportUsersRequestSchema, typeof ImportUsersResponseSchema> {
  return async (requests, call) => {
    const tally = new ImportTally();
    let onDuplicate: OnDuplicate | undefined;
    for await (const { payload } of requests) {
      if (onDuplicate === undefined) {
        onDuplicate = readOptions(payload);
        continue;
      }
      const rows = readRows(payload);
      for (const outcome of await importChunk(rows, { store, onDuplicate, call })) tally.add(outcome);
      onChunk(tally, call);
    }
    if (onDuplicate === undefined) throw optionsMissing();
    const { imported, updated, skipped, failed, failures } = tally;
    return { imported, updated, skipped, failed, failures };
  };
}

type Payload = ImportUsersRequest['payload'];

function readOptions(payload: Payload): OnDuplicate {
  if (payload.case !== 'options') throw optionsMissing();
  switch (payload.value.onDuplicate) {
    case OnDuplicateMessage.SKIP:
      return 'skip';
    case OnDuplicateMessage.UPDATE:
      return 'update';
    default:
      return 'error';
  }
}

function readRows(payload: Payload): readonly ImportUserRow[] {
  if (payload.case === 'rows') return payload.value.rows;
  throw fieldInvalid('options', 'may come once, in the first message; send rows from then on');
}

function optionsMissing(): Error {
  return fieldInvalid('options', 'must come in the first message, before any rows');
}

interface Chunk {
  readonly store: ImportUsersDependencies['store'];
  readonly onDuplicate: OnDuplicate;
  readonly call: Call;
}

/** The outcome of each row, in their order. Bad rows do not stop good ones. */
async function importChunk(
  messages: readonly ImportUserRow[],
  { store, onDuplicate, call }: Chunk,
): Promise<RowOutcome[]> {
  const checked = messages.map(checkRow);
  const rows = checked.flatMap((row) => ('reason' in row ? [] : row));
  if (rows.length === 0) return checked.flatMap((row) => ('reason' in row ? row : []));
  const written = await store.transaction(call, async (tx) => ({
    outcomes: await tx.users.importRows(rows, onDuplicate),
  }));
  const outcomes = written.outcomes.values();
  return checked.map((row) => ('reason' in row ? row : takeNext(outcomes)));
}

function takeNext(outcomes: Iterator<RowOutcome>): RowOutcome {
  const next = outcomes.next();
  if (next.done) throw new Error('The store gave fewer outcomes than there were rows.');
  return next.value;
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
