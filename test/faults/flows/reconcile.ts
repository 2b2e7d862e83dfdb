import { runReconcile } from '../../../scripts/reconcile/run-reconcile.ts';
import type { MortalPair } from '../support/mortal-pair.ts';

/** What `npm run reconcile` prints of the two databases. */
export async function reconcile({ usersUrl, postsUrl }: MortalPair): Promise<string[]> {
  const lines: string[] = [];
  await runReconcile({ usersUrl, postsUrl, fix: false }, (line) => lines.push(line));
  return lines;
}
