import { openDatabases } from './databases.ts';
import { findDifferences } from './find-differences.ts';
import type { ReconcileArguments } from './reconcile-arguments.ts';

/** As wide as what is found ever is; findings are printed as they come, however many there are. */
const widths = { what: 40, userId: 36 };

/** Says how many differences were found. @throws Error of one line for a person */
export async function runReconcile(
  { usersUrl, postsUrl, fix }: ReconcileArguments,
  print: (line: string) => void,
): Promise<number> {
  await using databases = await openDatabases(usersUrl, postsUrl);
  let found = 0;
  const repairs = { fix: 0, job: 0 };
  for await (const finding of findDifferences(databases)) {
    if (found === 0) print(format({ what: 'found', userId: 'user', repair: fix ? 'repair' : 'repair (--fix)' }));
    found += 1;
    if (fix) await finding.fix();
    repairs[finding.by] += 1;
    print(format(finding));
  }
  const repaired = fix ? `: ${repairs.fix} repaired, ${repairs.job} left to jobs` : '';
  print(found === 0 ? 'nothing found' : `${found} found${repaired}`);
  return found;
}

function format({ what, userId, repair }: { what: string; userId: string; repair: string }): string {
  return `${what.padEnd(widths.what)}  ${userId.padEnd(widths.userId)}  ${repair}`;
}
