import { once } from '@tandem/rpc';
import type { Collection } from 'mongodb';
import type { PostFilter } from '../domain/post.ts';
import { authorsOf } from '../domain/search/compile-query.ts';
import { createMatchFinder } from '../domain/search/find-matches.ts';
import { parseQuery } from '../domain/search/parse-query.ts';
import type { SearchSubject } from '../domain/search.ts';
import type { PostDocument } from './mongo-post-document.ts';
import { readBasis } from './mongo-search-basis.ts';
import { walkByTime } from './mongo-search-by-time.ts';
import { type Candidates, findCandidates, isRare } from './mongo-search-candidates.ts';
import { countFacets } from './mongo-search-facets.ts';
import { pickAll, pickHits, rankCandidates } from './mongo-search-hits.ts';
import { createJudge, type Judge } from './mongo-search-judge.ts';
import { createTextCheck, type TextCheck } from './mongo-search-texts.ts';
import { createTermReader } from './mongo-search-walk.ts';
import type { SearchStatistics } from './search-statistics.ts';
import type { PostSearch, PreparedSearch, StoreCall } from './store.ts';

/** Search over MongoDB: candidates by the text index, ranked by BM25F over the posts' term vectors. */
export function createPostSearch(posts: Collection<PostDocument>, statistics: SearchStatistics): PostSearch {
  const readTerm = createTermReader(posts);
  return {
    async prepare(subject, call, given) {
      const query = parseQuery(subject.text);
      const filter = narrowByAuthors(subject.filter, authorsOf(query, { excluded: false }));
      const { forms, basis, figures } = await readBasis({ posts, statistics }, { query, subject, given, call });
      const compiled = basis.languages.map((language) => forms.in(language));
      const matchesAll =
        authorsOf(query, { excluded: false }).length > 0 && compiled.every(({ scoring }) => scoring.length === 0);
      const excludedAuthors = new Set(authorsOf(query, { excluded: true }));
      const judge = createJudge({ forms, figures, excludedAuthors, matchesAll });
      const search = { filter, forms: compiled, figures, matchesAll };
      return {
        basis,
        findMatches: (field, language) => createMatchFinder(forms.in(language), { field, language }),
        ...answerSearch({
          posts,
          subject: { ...subject, filter },
          find: (whole) => findCandidates({ ...search, whole }, { posts, readTerm, judge, call }),
          isRare: search.matchesAll || isRare(search),
          judge,
          texts: createTextCheck(posts, { forms, call }),
          call,
        }),
      };
    },
  };
}

/** Authors that the query names narrow the filter. */
function narrowByAuthors(filter: PostFilter, authors: readonly string[]): PostFilter {
  if (authors.length === 0) return filter;
  const { authorIds = [] } = filter;
  const both = authorIds.length === 0 ? authors : authors.filter((id) => authorIds.includes(id));
  // An author who is not among the authors: a filter that nothing passes.
  return both.length > 0 ? { ...filter, authorIds: both } : { ...filter, authorId: authors[0] };
}

interface Answering {
  readonly posts: Collection<PostDocument>;
  readonly subject: SearchSubject;
  readonly find: (whole: boolean) => Promise<Candidates>;
  /** Whether all that match may be read. */
  readonly isRare: boolean;
  readonly judge: Judge;
  readonly texts: TextCheck;
  readonly call: StoreCall;
}

type Answers = Pick<PreparedSearch, 'findHits' | 'count' | 'countFacets'>;

function answerSearch({ posts, subject, find, isRare: rare, judge, texts, call }: Answering): Answers {
  const { filter, order } = subject;
  const ranked = once(async () => {
    const whole = order.field !== 'relevance' && rare;
    return rankCandidates(await find(whole), { order, texts });
  });
  const all = once(async () => pickAll(await ranked()));
  return {
    async findHits(page) {
      if (order.field === 'relevance') return pickHits(await ranked(), page);
      const walk = () => walkByTime({ posts, filter, order, judge, texts, call }, page);
      return rare && (await ranked()).complete ? pickHits(await ranked(), page) : walk();
    },
    async count() {
      const { value, exact } = await all();
      return { value: value.length, exact };
    },
    async countFacets(facets) {
      const { value: ids, exact } = await all();
      return { value: await countFacets({ posts, ids, facets, call }), exact };
    },
  };
}
