import { TandemError } from '@tandem/rpc';
import type { SearchOrder, SearchPosition } from '../domain/search.ts';
import { foldTerm, stemEnglish } from './english-stem.ts';
import { boundsOf } from './mongo-bounds.ts';
import { translateError } from './mongo-errors.ts';
import type { SearchContext } from './mongo-search-context.ts';
import { countFacets } from './mongo-search-facets.ts';
import type { PreparedSearch, SearchHit, SearchHitsPage, StoreCall } from './store.ts';

/** So many ids go into one statement. */
const idsPerStatement = 50_000;

const projection = { score: { $meta: 'textScore' }, create_time: 1, publish_time: 1 } as const;

interface CandidateDocument {
  readonly _id: string;
  readonly score: number;
  readonly create_time: Date;
  readonly publish_time: Date | null;
}

interface Candidate {
  readonly id: string;
  readonly score: number;
  readonly create_time: number;
  readonly publish_time: number | null;
}

/**
 * Posts that hold all of the words. MongoDB's `$text` knows "any" only, so each term is asked for by itself and the
 * answers are intersected; scores of terms add up to the one that `$text` gives for all of them.
 */
export async function prepareAllWords(context: SearchContext, call: StoreCall): Promise<PreparedSearch> {
  const candidates = await intersectTerms(context, call);
  const matches = [...splitIds(candidates)].map((ids) => ({ _id: { $in: ids } }));
  return {
    termOf: context.termOf,
    findHits: async (page) => pickHits(candidates, page),
    count: async () => candidates.length,
    countFacets: (facets) => countFacets({ posts: context.posts, matches, facets, call }),
  };
}

async function intersectTerms(context: SearchContext, call: StoreCall): Promise<Candidate[]> {
  const lead = await findLead(context, call);
  let common = lead.candidates;
  for (const term of context.terms) {
    if (term === lead.term) continue;
    const next = new Map<string, Candidate>();
    for await (const found of findTerm(context, term, call)) {
      const before = common.get(found.id);
      if (before !== undefined) next.set(found.id, { ...found, score: found.score + before.score });
    }
    common = next;
    if (common.size === 0) break;
  }
  return [...common.values()];
}

/** The first term that few enough posts have; the other terms only thin them out. */
async function findLead(context: SearchContext, call: StoreCall) {
  for (const term of context.terms) {
    const candidates = await collectTerm(context, term, call);
    if (candidates !== undefined) return { term, candidates };
  }
  throw new TandemError(
    'RESPONSE_TOO_LARGE',
    `Each word of the query is in more than ${context.maxCandidates} posts, too many to match all of the words. Add a rarer word, narrow the filter or match any word.`,
  );
}

/** Undefined: too many posts have it. */
async function collectTerm(context: SearchContext, term: string, call: StoreCall) {
  const candidates = new Map<string, Candidate>();
  for await (const found of findTerm(context, term, call)) {
    if (candidates.size === context.maxCandidates) return undefined;
    candidates.set(found.id, found);
  }
  return candidates;
}

async function* findTerm(context: SearchContext, term: string, call: StoreCall): AsyncGenerator<Candidate> {
  const cursor = context.posts
    .find<CandidateDocument>({ ...context.match, $text: toTextQuery(context, term) }, { ...boundsOf(call), projection })
    .map(({ _id: id, score, create_time, publish_time }) => ({
      id,
      score: Number.isFinite(score) ? score : 0,
      create_time: create_time.getTime(),
      publish_time: publish_time?.getTime() ?? null,
    }));
  try {
    yield* cursor;
  } catch (error) {
    throw translateError(error);
  }
}

/** By a word that has the term: analysed again, a term could give another. */
function toTextQuery({ words }: SearchContext, term: string): { $search: string; $language?: string } {
  const word = words.find((candidate) => stemEnglish(candidate) === foldTerm(term));
  return word === undefined ? { $search: term, $language: 'none' } : { $search: word };
}

function pickHits(candidates: readonly Candidate[], { order, after, limit }: SearchHitsPage): SearchHit[] {
  const hits = candidates.map((candidate) => {
    const { id, score } = candidate;
    return { id, score, position: { id, key: order.field === 'relevance' ? score : candidate[order.field] } };
  });
  const compare = comparePositions(order);
  return hits
    .filter(({ position }) => after === undefined || compare(position, after) > 0)
    .sort((a, b) => compare(a.position, b.position))
    .slice(0, limit);
}

function comparePositions({ field, descending }: SearchOrder) {
  const keySign = descending ? -1 : 1;
  const idSign = field === 'relevance' ? 1 : keySign;
  return (a: SearchPosition, b: SearchPosition): number => {
    const [left, right] = [a.key ?? Number.NEGATIVE_INFINITY, b.key ?? Number.NEGATIVE_INFINITY];
    if (left !== right) return left < right ? -keySign : keySign;
    return a.id === b.id ? 0 : (a.id < b.id ? -1 : 1) * idSign;
  };
}

function* splitIds(candidates: readonly Candidate[]): Generator<string[]> {
  for (let begin = 0; begin < candidates.length; begin += idsPerStatement) {
    yield candidates.slice(begin, begin + idsPerStatement).map(({ id }) => id);
  }
}
