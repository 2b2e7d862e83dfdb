import { type ImportPostRow, ImportPostRowSchema } from '@tandem/contracts/posts';
import { type FieldViolation, validateMessage } from '@tandem/rpc';
import type { ImportRow, RowRefusal } from '../domain/import-plan.ts';
import { checkPostText, uniqueTags } from '../domain/post-text.ts';
import { toMillis } from '../domain/time.ts';

/** The row with what it leaves out filled in as far as no store is needed, or why it is refused. */
export function readImportRow(message: ImportPostRow, newId: () => string): ImportRow | RowRefusal {
  const violations = checkRow(message);
  if (violations.length > 0) return { reason: 'FIELD_INVALID', message: describe(violations) };
  return {
    id: message.id === '' ? newId() : message.id.toLowerCase(),
    authorId: message.authorId.toLowerCase(),
    title: message.title,
    content: message.content,
    tags: uniqueTags(message.tags),
    language: message.language,
    published: message.published,
    createTime: message.createTime && toMillis(message.createTime),
    publishTime: message.publishTime && toMillis(message.publishTime),
  };
}

/** What is too short for the schema has been told of by it. */
function checkRow(message: ImportPostRow): readonly FieldViolation[] {
  const violations = validateMessage(ImportPostRowSchema, message);
  return violations.length > 0 ? violations : checkPostText(message);
}

function describe(violations: readonly FieldViolation[]): string {
  return violations.map(({ field, description }) => `${field}: ${description}`).join('; ');
}
