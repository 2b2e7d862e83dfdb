import { type ImportPostRow, ImportPostRowSchema } from '@tandem/contracts/posts';
import { type FieldViolation, validateMessage } from '@tandem/rpc';
import type { ImportRow, RowRefusal } from '../domain/import-plan.ts';
import { checkPostText, hasTooManyTags, tooManyTags, uniqueTags } from '../domain/post-text.ts';
import { toMillis } from '../domain/time.ts';

/** The row with what it leaves out filled in as far as no store is needed, or why it is refused. */
export function readImportRow(message: ImportPostRow, newId: () => string): ImportRow | RowRefusal {
  const violations = checkRow(message);
  if (violations.length > 0) return { reason: 'FIELD_INVALID', message: describe(violations) };
  return {
    id: message.id === '' ? newId() : message.id.toLowerCase(),
    idIsChosen: message.id !== '',
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

/**
 * What is too short for the schema has been told of by it. The rows of one message may hold a million tags: of each row
 * no more are looked at than a post may have, and each once.
 */
function checkRow(message: ImportPostRow): readonly FieldViolation[] {
  if (hasTooManyTags(message.tags)) return [{ field: 'tags', description: tooManyTags }];
  const row = { ...message, tags: uniqueTags(message.tags) };
  const violations = validateMessage(ImportPostRowSchema, row);
  return violations.length > 0 ? violations : checkPostText(row);
}

function describe(violations: readonly FieldViolation[]): string {
  return violations.map(({ field, description }) => `${field}: ${description}`).join('; ');
}
