import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { UsageError } from '../read-options.ts';
import type { BadRow } from './read-rows.ts';

/** Where all refused rows go, one JSON object a line. */
export interface FailureFile extends AsyncDisposable {
  write(bad: readonly BadRow[]): Promise<void>;
}

/** Without a path, nothing is written. @throws UsageError when the file cannot be made */
export async function openFailureFile(path: string | undefined): Promise<FailureFile> {
  if (path === undefined) return { async write() {}, async [Symbol.asyncDispose]() {} };
  const file = createWriteStream(path);
  await once(file, 'open').catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`cannot write ${path}: ${error.code}`);
  });
  return {
    async write(bad) {
      if (bad.length === 0) return;
      const lines = bad.map(({ line, row, reason, message }) => `${JSON.stringify({ line, row, reason, message })}\n`);
      if (!file.write(lines.join(''))) await once(file, 'drain');
    },
    async [Symbol.asyncDispose]() {
      file.end();
      await finished(file);
    },
  };
}
