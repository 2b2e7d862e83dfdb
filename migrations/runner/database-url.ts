import { resolveFileVariables, type Variables } from '@tandem/rpc/variables';
import { MigrationError } from './migration-error.ts';

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
export function readDatabaseUrl(env: Variables, variable: DatabaseUrlVariable): string {
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

function readVariable(env: Variables, variable: string): string | undefined {
  try {
    return resolveFileVariables(env, [variable])[variable];
  } catch (error) {
    throw new MigrationError((error as Error).message, { cause: error });
  }
}
