import type { SearchOrder, SearchPosition } from '../domain/search.ts';
import type { Candidates } from './mongo-search-candidates.ts';
import type { Candidate } from './mongo-search-judge.ts';
import type { TextCheck } from './mongo-search-texts.ts';
import type { SearchBounds } from './search-bounds.ts';
import type { Counted, SearchHit, SearchHits, SearchPage } from './store.ts';

const textsPerLook = 32;

export interface RankedSearch {
  /** In order. */
  readonly ranked: readonly Candidate[];
  readonly order: SearchOrder;
  readonly complete: boolean;
  readonly texts: TextCheck;
  readonly bounds: SearchBounds;
}

/** Puts candidates in the order that is asked for. */
export async function rankCandidates(
  { found, complete }: Candidates,
  how: Pick<RankedSearch, 'order' | 'texts' | 'bounds'>,
): Promise<RankedSearch> {
  const settled = how.order.field === 'relevance' ? await settleBest(found, how) : found;
  return { ...how, ranked: settled.toSorted(comparePositions(how.order)), complete };
}

/**
 * Where the text may add to a score, it is looked into before posts are put in order; of those that may have most, so
 * that each page of a search has the same order. The others count by what is sure.
 */
async function settleBest(
  found: readonly Candidate[],
  { texts, bounds }: Pick<RankedSearch, 'texts' | 'bounds'>,
): Promise<readonly Candidate[]> {
  const open = found.filter(({ mostScore }) => mostScore !== undefined);
  if (open.length === 0) return found;
  const mostOf = ({ mostScore = 0 }: Candidate) => mostScore;
  const best = new Set(
    open.sort((a, b) => mostOf(b) - mostOf(a) || (a.id < b.id ? -1 : 1)).slice(0, bounds.maxSettled),
  );
  return [...found.filter((candidate) => !best.has(candidate)), ...(await texts.settle([...best]))];
}

/** The hits of a page; phrases are looked for in the order of the hits, and no further than the page goes. */
export async function pickHits(
  { ranked, order, texts, bounds }: RankedSearch,
  { after, limit }: SearchPage,
): Promise<SearchHits> {
  const compare = comparePositions(order);
  const rest = after === undefined ? ranked : ranked.filter((candidate) => compare(candidate, after) > 0);
  const picked: SearchHit[] = [];
  let looked = 0;
  for (let begin = 0; begin < rest.length; ) {
    const look = rest.slice(begin, begin + Math.max(textsPerLook, limit - picked.length));
    begin += look.length;
    for (const candidate of await texts.keepMatching(look)) {
      if (picked.length === limit) return { hits: picked, next: picked.at(-1)?.position };
      picked.push(toHit(candidate));
    }
    looked += look.filter(({ needsText }) => needsText).length;
    const last = look.at(-1);
    if (looked >= bounds.maxTexts && begin < rest.length) return { hits: picked, next: last && positionOf(last) };
  }
  return { hits: picked, next: undefined };
}

function toHit(candidate: Candidate): SearchHit {
  const { id, score } = candidate;
  return { id, score, position: positionOf(candidate) };
}

function positionOf({ id, key }: Candidate): SearchPosition {
  return { id, key };
}

/** All hits, as far as phrases are looked for. */
export async function pickAll({ ranked, complete, texts, bounds }: RankedSearch): Promise<Counted<readonly string[]>> {
  const unsure = new Set(ranked.filter(({ needsText }) => needsText).slice(bounds.maxTexts));
  const kept = await texts.keepMatching(ranked.filter((candidate) => !unsure.has(candidate)));
  return { value: kept.map(({ id }) => id), exact: complete && unsure.size === 0 };
}

function comparePositions({ field, descending }: SearchOrder) {
  const keySign = descending ? -1 : 1;
  const idSign = field === 'relevance' ? 1 : keySign;
  return (a: SearchPosition, b: SearchPosition): number => {
    const left = a.key ?? Number.NEGATIVE_INFINITY;
    const right = b.key ?? Number.NEGATIVE_INFINITY;
    if (left !== right) return left < right ? -keySign : keySign;
    return a.id === b.id ? 0 : (a.id < b.id ? -1 : 1) * idSign;
  };
}
