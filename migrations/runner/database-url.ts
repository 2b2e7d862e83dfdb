import { readFileSync } from 'node:fs';
import { MigrationError } from './migration-error.ts';

/** The variables as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

interface UrlForm {
  readonly pattern: RegExp;
  readonly example: string;
}

const urlForms = {
  USERS_DATABASE_URL: { pattern: /^postgres(?:ql)?:\/\//, example: 'postgres://USER:PASSWORD@HOST:5432/DATABASE' },
  POSTS_DATABASE_URL: { pattern: /^mongodb(?:\+srv)?:\/\//, example: 'mongodb://HOST:27017/DATABASE?replicaSet=NAME' },
} satisfies Record<string, UrlForm>;

export type DatabaseUrlVariable = keyof typeof urlForms;

/** Scheme, user and password, hosts, database. A password with a bare @ / ? or # matches nothing: it must be encoded. */
const anatomy = /^[a-z+]+:\/\/(?:[^@/?#]*@)?([^@/?#]*)\/([^/?#@]+)(?:\?[^#]*)?$/;

/**
 * The URL in `variable`, or in the file that `variable_FILE` names, without the line break at its end: the services read
 * theirs by the same rule. One that is empty counts as absent.
 * Throws MigrationError when it is missing, given twice, unreadable or no such URL; the value itself is never repeated.
 */
export function readDatabaseUrl(env: Environment, variable: DatabaseUrlVariable): string {
  const { pattern, example } = urlForms[variable];
  const url = readVariable(env, variable);
  if (url === undefined) throw new MigrationError(`${variable} is not set; give it as ${example}`);
  if (!pattern.test(url) || !anatomy.test(url)) {
    throw new MigrationError(
      `${variable} is not of the form ${example} (special characters in user and password are percent-encoded)`,
    );
  }
  return url;
}

/** `hosts/database` of a connection URL, for messages: never the user, the password or the options. */
export function serverOf(url: string): string {
  const [, hosts, database] = anatomy.exec(url) ?? [];
  return database === undefined ? 'the given address' : `${hosts}/${database}`;
}

function readVariable(env: Environment, variable: string): string | undefined {
  const { [variable]: direct, [`${variable}_FILE`]: file } = env;
  if (direct && file) throw new MigrationError(`${variable} and ${variable}_FILE are both set; keep one of them`);
  return file ? readUrlFile(`${variable}_FILE`, file) : direct || undefined;
}

function readUrlFile(variable: string, path: string): string {
  try {
    return readFileSync(path, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    throw new MigrationError(`${variable} names ${path}, which cannot be read; check path and permissions`, {
      cause: error,
    });
  }
}
