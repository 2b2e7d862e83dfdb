import { readFileSync } from 'node:fs';

/** Variables by name. */
export type Variables = Readonly<Record<string, string | undefined>>;

const SUFFIX = '_FILE';

/**
 * Every variable `NAME_FILE` read from the file that it names, as `NAME`, without the line break at the end: secrets are
 * handed over that way. Only names in capitals count; without such variables the result is the same as what was given.
 *
 * @throws Error where a file cannot be read, or both `NAME` and `NAME_FILE` are given
 */
export function resolveFileVariables(env: Variables): Record<string, string | undefined> {
  const resolved: Record<string, string | undefined> = { ...env };
  for (const [fileName, path] of Object.entries(env)) {
    if (!/^[A-Z][A-Z0-9_]*_FILE$/.test(fileName) || path === undefined || path === '') continue;
    const name = fileName.slice(0, -SUFFIX.length);
    if (env[name]) throw new Error(`${name} and ${fileName} are both given: leave one of them out.`);
    resolved[name] = readVariable(fileName, path);
    delete resolved[fileName];
  }
  return resolved;
}

function readVariable(fileName: string, path: string): string {
  try {
    return readFileSync(path, 'utf8').replace(/\r?\n$/, '');
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? ` (${cause.code})` : '';
    throw new Error(`${fileName} names a file that cannot be read: ${path}${code}.`, { cause });
  }
}
