import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Call } from '@tandem/rpc';
import { highlightText, type TextHighlight } from '../domain/highlight.ts';
import type { Post } from '../domain/post.ts';
import type { SearchPosition } from '../domain/search.ts';
import type { PostReader, PreparedSearch, SearchHit } from '../store/store.ts';
import { estimatePostBytes, maxAuthorBytes, pageBudgetBytes } from './message-size.ts';

/** Contents may be of 1 MiB each: so many are in memory at once. */
const postsPerRead = 50;
const spanBytes = 12;

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
  /** How many hits the page has at most. */
  readonly limit: number;
  readonly withContent: boolean;
  readonly withAuthors: boolean;
  readonly call: Call;
}

export interface HitSources {
  readonly reader: Pick<PostReader, 'select'>;
  readonly termOf: PreparedSearch['termOf'];
}

/** Reads the posts of hits until the limit or the message is full. A post that went since it was found is left out. */
export async function loadHits(
  sources: HitSources,
  found: readonly SearchHit[],
  options: LoadOptions,
): Promise<LoadedPage> {
  const hits: LoadedHit[] = [];
  const wanted = found.slice(0, options.limit);
  let bytes = 0;
  let last: SearchPosition | undefined;
  for (let begin = 0; begin < wanted.length; begin += postsPerRead) {
    const part = wanted.slice(begin, begin + postsPerRead);
    const loaded = await loadPart(sources, part, options);
    for (const { id, position } of part) {
      const hit = loaded.get(id);
      bytes += hit === undefined ? 0 : estimateHitBytes(hit, options);
      if (hits.length > 0 && bytes > pageBudgetBytes) return { hits, next: last };
      if (hit !== undefined) hits.push(hit);
      last = position;
    }
  }
  return { hits, next: found.length > wanted.length ? last : undefined };
}

async function loadPart(
  { reader, termOf }: HitSources,
  part: readonly SearchHit[],
  { withContent, call }: LoadOptions,
): Promise<Map<string, LoadedHit>> {
  const scores = new Map(part.map(({ id, score }) => [id, score]));
  const loaded = new Map<string, LoadedHit>();
  for await (const post of reader.select({ ids: [...scores.keys()], withContent: true }, call)) {
    // Reading a long content takes a while, and other calls wait for this thread.
    await nextTurn();
    if (Date.now() >= call.deadline) throw call.signal.reason;
    const highlights = highlightPost(post, termOf);
    const kept = withContent ? post : { ...post, content: undefined };
    loaded.set(post.id, { post: kept, score: scores.get(post.id) ?? 0, highlights });
  }
  return loaded;
}

function highlightPost(post: Post, termOf: PreparedSearch['termOf']): FieldHighlight[] {
  return (['title', 'content'] as const).flatMap((field) => {
    const highlight = highlightText(post[field] ?? '', termOf);
    return highlight === undefined ? [] : [{ field, ...highlight }];
  });
}

function estimateHitBytes({ post, highlights }: LoadedHit, { withAuthors }: LoadOptions): number {
  const snippets = highlights.reduce(
    (sum, { snippet, spans }) => sum + Buffer.byteLength(snippet) + spans.length * spanBytes + 40,
    20,
  );
  return estimatePostBytes(post) + snippets + (withAuthors ? maxAuthorBytes : 0);
}
