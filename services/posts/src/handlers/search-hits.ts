import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Call } from '@tandem/rpc';
import {
  highlightText,
  type RatedHighlight,
  splitRanges,
  type TextHighlight,
  type TextMatch,
} from '../domain/highlight.ts';
import type { Post } from '../domain/post.ts';
import type { SearchPosition } from '../domain/search.ts';
import type { PostReader, PreparedSearch, SearchHit, SearchHits } from '../store/store.ts';
import { estimatePostBytes, maxAuthorBytes, pageBudgetBytes } from './message-size.ts';

/** So many hits are measured at once. */
const hitsPerLook = 50;
/** Contents may be of 1 MiB each: so much of them is read at once. */
const maxReadBytes = 4 * 1024 * 1024;
const spanBytes = 12;
/** From the first range of a long text in which anything matches, so many are compared. */
const maxLooks = 4;

export type FieldHighlight = TextHighlight & { readonly field: 'title' | 'content' };

/** A hit with its post; the content is there only where it was asked for. */
export interface LoadedHit {
  readonly post: Post;
  readonly score: number;
  readonly highlights: readonly FieldHighlight[];
}

export interface LoadedPage {
  readonly hits: readonly LoadedHit[];
  /** The last hit that was looked at; undefined when this was the last page. */
  readonly next: SearchPosition | undefined;
}

export interface LoadOptions {
  readonly withContent: boolean;
  readonly withAuthors: boolean;
  readonly call: Call;
}

export interface HitSources {
  readonly reader: Pick<PostReader, 'select' | 'measure'>;
  readonly findMatches: PreparedSearch['findMatches'];
}

/** Reads the posts of hits until the message is full. A post that went since it was found is left out. */
export async function loadHits(sources: HitSources, found: SearchHits, options: LoadOptions): Promise<LoadedPage> {
  const hits: LoadedHit[] = [];
  let bytes = 0;
  let last: SearchPosition | undefined;
  for await (const part of splitForReads(sources, found.hits, options)) {
    const loaded = await loadPart(sources, part, options);
    for (const { id, position } of part) {
      const hit = loaded.get(id);
      bytes += hit === undefined ? 0 : estimateHitBytes(hit, options);
      if (hits.length > 0 && bytes > pageBudgetBytes) return { hits, next: last };
      if (hit !== undefined) hits.push(hit);
      last = position;
    }
  }
  return { hits, next: found.next };
}

/** Hits in parts whose contents may be in memory at once; a part is asked for when the one before has been looked at. */
async function* splitForReads(
  { reader }: HitSources,
  hits: readonly SearchHit[],
  { call }: LoadOptions,
): AsyncGenerator<SearchHit[]> {
  for (let begin = 0; begin < hits.length; begin += hitsPerLook) {
    const look = hits.slice(begin, begin + hitsPerLook);
    const ids = look.map(({ id }) => id);
    yield* splitByBytes(look, await reader.measure(ids, call));
  }
}

function* splitByBytes(hits: readonly SearchHit[], sizes: ReadonlyMap<string, number>): Generator<SearchHit[]> {
  let part: SearchHit[] = [];
  let bytes = 0;
  for (const hit of hits) {
    bytes += sizes.get(hit.id) ?? 0;
    if (part.length > 0 && bytes > maxReadBytes) {
      yield part;
      part = [];
      bytes = sizes.get(hit.id) ?? 0;
    }
    part.push(hit);
  }
  yield part;
}

async function loadPart(
  { reader, findMatches }: HitSources,
  part: readonly SearchHit[],
  { withContent, call }: LoadOptions,
): Promise<Map<string, LoadedHit>> {
  const scores = new Map(part.map(({ id, score }) => [id, score]));
  const loaded = new Map<string, LoadedHit>();
  for await (const post of reader.select({ ids: [...scores.keys()], withContent: true }, call)) {
    const highlights = await highlightPost(post, findMatches, call);
    const kept = withContent ? post : { ...post, content: undefined };
    loaded.set(post.id, { post: kept, score: scores.get(post.id) ?? 0, highlights });
  }
  return loaded;
}

async function highlightPost(
  post: Post,
  findMatches: PreparedSearch['findMatches'],
  call: Call,
): Promise<FieldHighlight[]> {
  const highlights: FieldHighlight[] = [];
  for (const field of ['title', 'content'] as const) {
    const highlight = await highlightBest(post[field] ?? '', findMatches(field, post.language), call);
    if (highlight !== undefined) highlights.push({ field, ...highlight });
  }
  return highlights;
}

/** The best of the ranges of a text; a text of one range is looked at as a whole. */
async function highlightBest(
  text: string,
  findIn: (text: string) => readonly TextMatch[],
  { deadline, signal }: Call,
): Promise<TextHighlight | undefined> {
  let best: RatedHighlight | undefined;
  let looks = 0;
  for (const range of splitRanges(text)) {
    // Reading a long text takes a while, and other calls wait for this thread.
    await nextTurn();
    if (Date.now() >= deadline) throw signal.reason;
    const rated = highlightText(text, findIn, range);
    if (rated !== undefined && rated.score > (best?.score ?? 0)) best = rated;
    if (best !== undefined) looks += 1;
    if (looks >= maxLooks) break;
  }
  return best?.highlight;
}

function estimateHitBytes({ post, highlights }: LoadedHit, { withAuthors }: LoadOptions): number {
  const snippets = highlights.reduce(
    (sum, { snippet, spans }) => sum + Buffer.byteLength(snippet) + spans.length * spanBytes + 40,
    20,
  );
  return estimatePostBytes(post) + snippets + (withAuthors ? maxAuthorBytes : 0);
}
