import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Collection } from 'mongodb';
import { createPhraseCheck } from '../domain/search/phrase.ts';
import { boundsOf } from './mongo-bounds.ts';
import { translating } from './mongo-errors.ts';
import type { PostDocument } from './mongo-post-document.ts';
import type { Candidate, QueryForms } from './mongo-search-judge.ts';
import type { StoreCall } from './store.ts';

/** Contents may be of 1 MiB: so many are in memory at once. */
const textsPerRead = 16;

type TextDocument = Pick<PostDocument, '_id' | 'title' | 'tags' | 'content' | 'language'>;

/** Looks for phrases in the texts of candidates; what was found out is kept for the call. */
export interface TextCheck {
  /** Those of the candidates whose phrases match, in their order. */
  keepMatching(candidates: readonly Candidate[]): Promise<Candidate[]>;
}

export function createTextCheck(
  posts: Collection<PostDocument>,
  { forms, call }: { forms: QueryForms; call: StoreCall },
): TextCheck {
  const known = new Map<string, boolean>();
  const matches = (post: TextDocument): boolean => {
    const { phrases, excludedPhrases } = forms.in(post.language);
    const has = createPhraseCheck(post);
    return phrases.every(has) && !excludedPhrases.some(({ phrase }) => has(phrase));
  };
  const look = async (ids: readonly string[]) => {
    const projection = { title: 1, tags: 1, content: 1, language: 1 };
    const cursor = posts.find<TextDocument>(
      { _id: { $in: [...ids] } },
      { ...boundsOf(call), projection, batchSize: textsPerRead },
    );
    for await (const post of cursor) {
      known.set(post._id, matches(post));
      // Reading a long text takes a while, and other calls wait for this thread.
      await nextTurn();
      if (Date.now() >= call.deadline) throw call.signal.reason;
    }
  };
  return {
    async keepMatching(candidates) {
      const ids = candidates.filter(({ id, needsText }) => needsText && !known.has(id)).map(({ id }) => id);
      if (ids.length > 0) await translating(() => look(ids));
      return candidates.filter(({ id, needsText }) => !needsText || known.get(id) === true);
    },
  };
}
