import { readFileSync } from 'node:fs';

/** Variables by name. */
export type Variables = Readonly<Record<string, string | undefined>>;

/**
 * The variables of these names, where `NAME` is absent and `NAME_FILE` given read from the file that it names, without
 * the line break at the end: secrets are handed over that way. One that is empty counts as absent. Other variables of
 * the environment, `…_FILE` or not, are nobody's business here.
 *
 * @throws Error where a file cannot be read, or both `NAME` and `NAME_FILE` are given
 */
export function resolveFileVariables(env: Variables, names: readonly string[]): Record<string, string> {
  const resolved: Record<string, string> = {};
  for (const name of names) {
    const fileName = `${name}_FILE`;
    const { [name]: value, [fileName]: path } = env;
    if (value && path) throw new Error(`${name} and ${fileName} are both given: leave one of them out.`);
    if (value) resolved[name] = value;
    else if (path) resolved[name] = readVariable(fileName, path);
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
