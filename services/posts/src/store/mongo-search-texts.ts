import { createPauses } from '@tandem/rpc';
import type { Collection } from 'mongodb';
import { findStanding, type Phrase } from '../domain/search/phrase.ts';
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
  const pause = createPauses(call);
  const read = async (post: TextDocument, { found }: Candidate): Promise<number | undefined> => {
    const { phrases, excludedPhrases } = forms.in(post.language);
    const excluded = excludedPhrases.map(({ phrase }) => phrase);
    const asked = [...phrases, ...excluded, ...found.unsure.map(({ phrase }) => phrase)];
    const standing = await findStanding(post, { phrases: asked, pause });
    const has = (phrase: Phrase) => standing.has(phrase);
    return phrases.every(has) && !excluded.some(has) ? settleScore(found, has) : undefined;
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
      if (candidate !== undefined) known.set(post._id, await read(post, candidate));
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
