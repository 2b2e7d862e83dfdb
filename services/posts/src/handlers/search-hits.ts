import { type Call, createPauses, type Pause } from '@tandem/rpc';
import { splitRanges } from '../domain/analysis/split-ranges.ts';
import { highlightText, type RatedHighlight, type TextHighlight, type TextMatch } from '../domain/highlight.ts';
import type { Post } from '../domain/post.ts';
import type { SearchPosition } from '../domain/search.ts';
import type { PostReader, PostSelection, PreparedSearch, SearchHit, SearchHits } from '../store/store.ts';
import { estimatePostBytes, maxAuthorBytes, pageBudgetBytes } from './message-size.ts';

/** So many hits are read at once, but for their long contents: 4 MiB at most. */
const hitsPerRead = 50;
const longBytes = 80 * 1024;
/** Long contents may be of 1 MiB each. */
const longsPerRead = 4;
const spanBytes = 12;
/** From the first range of a long text in which anything matches, so many are compared, … */
const maxLooks = 40;
/** … and more than a snippet is in two, so that what stands at the end of one is seen whole in the next. */
const overlapUnits = 500;

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
  readonly reader: Pick<PostReader, 'select'>;
  readonly findMatches: PreparedSearch['findMatches'];
}

/** Reads the posts of hits until the message is full. A post that went since it was found is left out. */
export async function loadHits(sources: HitSources, found: SearchHits, options: LoadOptions): Promise<LoadedPage> {
  const hits: LoadedHit[] = [];
  const pause = createPauses(options.call);
  let bytes = 0;
  let last: SearchPosition | undefined;
  for await (const { hit, post } of readPosts(sources, found.hits, options)) {
    const loaded = post && (await loadHit({ ...sources, pause }, { hit, post }, options));
    bytes += loaded === undefined ? 0 : estimateHitBytes(loaded, options);
    if (hits.length > 0 && bytes > pageBudgetBytes) return { hits, next: last };
    if (loaded !== undefined) hits.push(loaded);
    last = hit.position;
  }
  return { hits, next: found.next };
}

interface ReadHit {
  readonly hit: SearchHit;
  /** With its content; undefined: it went. */
  readonly post: Post | undefined;
}

/** The posts of hits in their order: short ones by one read, long ones a few at a time when their turn comes. */
async function* readPosts(
  { reader }: HitSources,
  hits: readonly SearchHit[],
  { call }: LoadOptions,
): AsyncGenerator<ReadHit> {
  for (let begin = 0; begin < hits.length; begin += hitsPerRead) {
    const part = hits.slice(begin, begin + hitsPerRead);
    const posts = new Map<string, Post>();
    const read = async (selection: PostSelection) => {
      for await (const post of reader.select(selection, call)) posts.set(post.id, post);
    };
    const isLong = ({ id }: SearchHit) => posts.has(id) && posts.get(id)?.content === undefined;
    await read({ ids: part.map(({ id }) => id), withContent: true, maxContentBytes: longBytes });
    for (const [index, hit] of part.entries()) {
      if (isLong(hit)) {
        const ids = part
          .slice(index)
          .filter(isLong)
          .slice(0, longsPerRead)
          .map(({ id }) => id);
        for (const id of ids) posts.delete(id);
        await read({ ids, withContent: true });
      }
      yield { hit, post: posts.get(hit.id) };
      posts.delete(hit.id);
    }
  }
}

type HighlightSources = HitSources & { readonly pause: Pause };

async function loadHit(
  sources: HighlightSources,
  { hit, post }: { hit: SearchHit; post: Post },
  { withContent }: LoadOptions,
): Promise<LoadedHit> {
  const highlights = await highlightPost(post, sources);
  return { post: withContent ? post : { ...post, content: undefined }, score: hit.score, highlights };
}

async function highlightPost(post: Post, { findMatches, pause }: HighlightSources): Promise<FieldHighlight[]> {
  const highlights: FieldHighlight[] = [];
  for (const field of ['title', 'content'] as const) {
    const highlight = await highlightBest(post[field] ?? '', findMatches(field, post.language), pause);
    if (highlight !== undefined) highlights.push({ field, ...highlight });
  }
  return highlights;
}

/** The best of the ranges of a text; a text of one range is looked at as a whole. */
async function highlightBest(
  text: string,
  findIn: (text: string) => readonly TextMatch[],
  pause: Pause,
): Promise<TextHighlight | undefined> {
  let best: RatedHighlight | undefined;
  let looks = 0;
  for (const range of splitRanges(text, { overlapUnits })) {
    await pause(range.end - range.start);
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
