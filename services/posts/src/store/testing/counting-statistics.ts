import type { CallBounds } from '@tandem/rpc';
import { fold } from '@tandem/text';
import type { Collection } from 'mongodb';
import { toIndexTerm, toTagTerm } from '../../domain/analysis/index-term.ts';
import { boundsOf } from '../mongo-bounds.ts';
import { translating } from '../mongo-errors.ts';
import type { PostDocument } from '../mongo-post-document.ts';
import type { SearchStatistics } from '../search-statistics.ts';

/** What the terms of whole tags, and of no word, begin with. */
const tagStart = toTagTerm('');

/** Statistics counted from the posts at each search: exact and fresh, for tests that do not wait for the keeper. */
export function createCountingStatistics(posts: Collection<PostDocument>): SearchStatistics {
  return {
    async read(terms, call) {
      const [totals, counts] = await Promise.all([
        readTotals(posts, call),
        Promise.all(terms.map((term) => countPosts(posts, term, call))),
      ]);
      return { ...totals, frequencies: new Map(terms.map((term, index) => [term, counts[index] ?? 0])) };
    },
    async expandPrefix(prefix, limit, call) {
      const counts = await countTerms(posts, toIndexTerm(fold(prefix)), call);
      const terms = [...counts].sort((a, b) => b[1] - a[1]).map(([term]) => term);
      return { terms: terms.slice(0, limit), isCut: terms.length > limit };
    },
  };
}

interface Totals {
  readonly posts: number;
  readonly averageTitleLength: number;
  readonly averageContentLength: number;
}

async function readTotals(posts: Collection<PostDocument>, call: CallBounds): Promise<Totals> {
  const group = {
    _id: null,
    posts: { $sum: 1 },
    averageTitleLength: { $avg: '$search.title_length' },
    averageContentLength: { $avg: '$search.content_length' },
  };
  const [totals] = await translating(() => posts.aggregate<Totals>([{ $group: group }], boundsOf(call)).toArray());
  return {
    posts: totals?.posts ?? 0,
    averageTitleLength: totals?.averageTitleLength ?? 0,
    averageContentLength: totals?.averageContentLength ?? 0,
  };
}

function countPosts(posts: Collection<PostDocument>, term: string, call: CallBounds): Promise<number> {
  return translating(() => posts.countDocuments({ $text: { $search: term, $language: 'none' } }, boundsOf(call)));
}

async function countTerms(
  posts: Collection<PostDocument>,
  prefix: string,
  call: CallBounds,
): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  const cursor = posts.find({}, { ...boundsOf(call), projection: { search: 1 } });
  await translating(async () => {
    for await (const { search } of cursor) {
      const terms = new Set([search?.title, search?.content].flatMap((text) => text?.split(' ') ?? []));
      for (const term of terms) {
        if (term.startsWith(prefix) && !term.startsWith(tagStart)) counts.set(term, (counts.get(term) ?? 0) + 1);
      }
    }
  });
  return counts;
}
