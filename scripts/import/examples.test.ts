import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import type { DescMessage, MessageShape } from '@bufbuild/protobuf';
import { fromJsonString } from '@bufbuild/protobuf';
import { createValidator } from '@bufbuild/protovalidate';
import { ImportPostRowSchema } from '@tandem/contracts/posts';
import { ImportUserRowSchema } from '@tandem/contracts/users';
import { describe, expect, it } from 'vitest';
import { readLines } from './read-lines.ts';

const validator = createValidator();

async function readExamples<D extends DescMessage>(file: string, schema: D): Promise<MessageShape<D>[]> {
  const rows: MessageShape<D>[] = [];
  const content = createReadStream(join(import.meta.dirname, '../../examples', file));
  for await (const { bytes } of readLines(content, 100_000)) {
    const row = fromJsonString(schema, String(bytes));
    expect(validator.validate(schema, row).error).toBeUndefined();
    rows.push(row);
  }
  return rows;
}

describe('the example data', () => {
  it('is valid, and every post has an active author', async () => {
    const users = await readExamples('users.ndjson', ImportUserRowSchema);
    const posts = await readExamples('posts.ndjson', ImportPostRowSchema);
    const active = new Set(users.filter(({ isActive }) => isActive !== false).map(({ id }) => id));
    expect([users.length, posts.length]).toEqual([40, 117]);
    expect(posts.filter(({ authorId }) => !active.has(authorId))).toEqual([]);
    expect(new Set([...users, ...posts].map(({ id }) => id)).size).toBe(157);
  });
});
