import type { CallBounds } from '@tandem/rpc';
import type { Collection, Document } from 'mongodb';
import { timeLeft } from './mongo-bounds.ts';
import { translating } from './mongo-errors.ts';
import type { PostDocument } from './mongo-post-document.ts';

const maxKept = 1_000;

/**
 * Asks the server which terms of the text index it looks for: its stop words are not among them, and the stems are its
 * own. The answer depends on nothing but the words, so it is kept.
 */
export function createTermReader(posts: Collection<PostDocument>) {
  const kept = new Map<string, readonly string[]>();
  return async (words: string, call: CallBounds): Promise<readonly string[]> => {
    const found = kept.get(words);
    if (found !== undefined) return found;
    const plan = await translating(() =>
      posts.find({ $text: { $search: words } }, timeLeft(call)).explain('queryPlanner'),
    );
    const terms = readTerms(plan);
    if (terms === undefined) throw new Error('The server explained a text search without saying its terms.');
    if (kept.size >= maxKept) kept.clear();
    kept.set(words, terms);
    return terms;
  };
}

function readTerms(plan: unknown): readonly string[] | undefined {
  if (typeof plan !== 'object' || plan === null) return undefined;
  const { parsedTextQuery } = plan as Document;
  if (Array.isArray(parsedTextQuery?.terms)) return parsedTextQuery.terms;
  for (const part of Object.values(plan)) {
    const terms = readTerms(part);
    if (terms !== undefined) return terms;
  }
  return undefined;
}
