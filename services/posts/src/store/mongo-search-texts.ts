import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Collection } from 'mongodb';
import { createPhraseCheck } from '../domain/search/phrase.ts';
import { settleScore } from '../domain/search/score-post.ts';
import { boundsOf } from './mongo-bounds.ts';
import { translating } from './mongo-errors.ts';
import type { PostDocument } from './mongo-post-document.ts';
import type { Candidate, QueryForms } from './mongo-search-judge.ts';
import type { StoreCall } from './store.ts';

/** Contents may be of 1 MiB: so many are in memory at once. */
const textsPerRead = 16;

type TextDocument = Pick<PostDocument, '_id' | 'title' | 'tags' | 'content' | 'language'>;

/** Looks for phrases and beginnings in the texts of candidates; what was found out is kept for the call. */
export interface TextCheck {
  /** Those of the candidates that match, in their order; no text is read of one that needs none. */
  keepMatching(candidates: readonly Candidate[]): Promise<Candidate[]>;
  /** Those of the candidates that match, with the scores that their texts say. */
  settle(candidates: readonly Candidate[]): Promise<Candidate[]>;
}

export function createTextCheck(
  posts: Collection<PostDocument>,
  { forms, call }: { forms: QueryForms; call: StoreCall },
): TextCheck {
  /** By the post, the score that its text says; undefined: it does not match. */
  const known = new Map<string, number | undefined>();
  const read = (post: TextDocument, { found }: Candidate): number | undefined => {
    const { phrases, excludedPhrases } = forms.in(post.language);
    const has = createPhraseCheck(post);
    const matches = phrases.every(has) && !excludedPhrases.some(({ phrase }) => has(phrase));
    return matches ? settleScore(found, has) : undefined;
  };
  const look = async (candidates: readonly Candidate[]) => {
    const missing = new Map(
      candidates.filter(({ id }) => !known.has(id)).map((candidate) => [candidate.id, candidate]),
    );
    const ids = [...missing.keys()];
    if (ids.length === 0) return;
    const projection = { title: 1, tags: 1, content: 1, language: 1 };
    const cursor = posts.find<TextDocument>(
      { _id: { $in: ids } },
      { ...boundsOf(call), projection, batchSize: textsPerRead },
    );
    for await (const post of cursor) {
      const candidate = missing.get(post._id);
      if (candidate !== undefined) known.set(post._id, read(post, candidate));
      // Reading a long text takes a while, and other calls wait for this thread.
      await nextTurn();
      if (Date.now() >= call.deadline) throw call.signal.reason;
    }
  };
  return {
    async keepMatching(candidates) {
      await translating(() => look(candidates.filter(({ needsText }) => needsText)));
      return candidates.filter(({ id, needsText }) => !needsText || known.get(id) !== undefined);
    },
    async settle(candidates) {
      await translating(() => look(candidates));
      return candidates.flatMap((candidate) => {
        const score = known.get(candidate.id);
        return score === undefined ? [] : { ...candidate, score, key: score, mostScore: undefined };
      });
    },
  };
}
