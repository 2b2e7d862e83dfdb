import { once } from '@tandem/rpc';
import type { Collection } from 'mongodb';
import type { PostFilter } from '../domain/post.ts';
import { authorsOf } from '../domain/search/compile-query.ts';
import { createMatchFinder } from '../domain/search/find-matches.ts';
import { parseQuery } from '../domain/search/parse-query.ts';
import type { Query } from '../domain/search/query.ts';
import type { SearchBasis, SearchSubject } from '../domain/search.ts';
import type { ReadJointly } from './joint-reads.ts';
import type { PostDocument } from './mongo-post-document.ts';
import { expandPrefixes, readFigures } from './mongo-search-basis.ts';
import { walkByTime } from './mongo-search-by-time.ts';
import type { CandidateProjection } from './mongo-search-candidate.ts';
import { type Candidates, findCandidates, isRare } from './mongo-search-candidates.ts';
import { countFacets } from './mongo-search-facets.ts';
import { pickAll, pickHits, rankCandidates } from './mongo-search-hits.ts';
import { createJudge, createQueryForms, type Judge, projectCandidates } from './mongo-search-judge.ts';
import { createLanguageRunner } from './mongo-search-languages.ts';
import { createTextCheck, type TextCheck } from './mongo-search-texts.ts';
import { createTermReader, type ReadTerm } from './mongo-search-walk.ts';
import { type SearchBounds, searchBounds } from './search-bounds.ts';
import type { SearchStatistics } from './search-statistics.ts';
import type { PostSearch, PreparedSearch, StoreCall } from './store.ts';

export interface PostSearchSources {
  readonly posts: Collection<PostDocument>;
  readonly statistics: SearchStatistics;
  readonly readJointly: ReadJointly;
}

/** Search over MongoDB: candidates by the text index, ranked by BM25F over the posts' term vectors. */
export function createPostSearch(
  { posts, statistics, readJointly }: PostSearchSources,
  bounds: SearchBounds = searchBounds,
): PostSearch {
  const readTerm = createTermReader(posts, readJointly);
  const runInLanguages = createLanguageRunner(readJointly);
  return {
    async prepare(subject, call, given) {
      const query = parseQuery(subject.text);
      const expansions = given?.expansions ?? (await expandPrefixes(query, statistics, call));
      const sources = { posts, statistics, readTerm, bounds, call };
      const prepareIn = (languages: readonly string[]) =>
        prepareSearch({ query, subject, languages, expansions, given }, sources);
      const { language } = subject.filter;
      const languages = given?.languages ?? (language === undefined ? undefined : [language]);
      return languages === undefined ? runInLanguages(call, prepareIn) : prepareIn(languages);
    },
  };
}

interface Search extends Pick<SearchBasis, 'languages' | 'expansions'> {
  readonly query: Query;
  readonly subject: SearchSubject;
  readonly given: SearchBasis | undefined;
}

interface SearchSources {
  readonly posts: Collection<PostDocument>;
  readonly statistics: SearchStatistics;
  readonly readTerm: ReadTerm;
  readonly bounds: SearchBounds;
  readonly call: StoreCall;
}

/** Candidates are looked for while the figures are read that they are ranked by. */
async function prepareSearch(
  { query, subject, languages, expansions, given }: Search,
  { posts, statistics, readTerm, bounds, call }: SearchSources,
): Promise<PreparedSearch> {
  const named = authorsOf(query, { excluded: false });
  const filter = narrowByAuthors(subject.filter, named);
  const forms = createQueryForms({ query, matching: subject.matching, expansions: toTermsOf(expansions) });
  const compiled = languages.map((language) => forms.in(language));
  const matchesAll = named.length > 0 && compiled.every(({ scoring }) => scoring.length === 0);
  const excludedAuthors = new Set(authorsOf(query, { excluded: true }));
  const reading = readFigures(statistics, { languages, forms, given, call });
  const figures = async () => (await reading).figures;
  const judging = { forms, excludedAuthors, order: subject.order, matchesAll };
  const projection = projectCandidates(judging);
  const judge = once(async () => createJudge({ ...judging, figures: await figures() }));
  const search = { filter, forms: compiled, figures, matchesAll };
  const answers = answerSearch({
    posts,
    subject: { ...subject, filter },
    find: (whole) => findCandidates({ ...search, whole }, { posts, readTerm, judge, projection, bounds, call }),
    isRare: once(async () => matchesAll || isRare(search)),
    judge,
    projection,
    texts: createTextCheck(posts, { forms, call }),
    bounds,
    // Of a beginning that more words have than are searched, posts are left out.
    isWhole: !expansions.some(([, , isCut]) => isCut),
    call,
  });
  const { written } = await reading;
  return {
    basis: { languages, expansions, ...written },
    findMatches: (field, language) => createMatchFinder(forms.in(language), { field, language }),
    ...answers,
  };
}

function toTermsOf(expansions: SearchBasis['expansions']): ReadonlyMap<string, readonly string[]> {
  return new Map(expansions.map(([prefix, terms]) => [prefix, terms]));
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
  readonly isRare: () => Promise<boolean>;
  readonly judge: () => Promise<Judge>;
  readonly projection: CandidateProjection;
  readonly texts: TextCheck;
  readonly bounds: SearchBounds;
  /** Whether all words are searched that the query means. */
  readonly isWhole: boolean;
  readonly call: StoreCall;
}

type Answers = Pick<PreparedSearch, 'findHits' | 'count' | 'countFacets'>;

/** What an order by relevance needs is begun at once. */
function answerSearch(answering: Answering): Answers {
  const { posts, subject, find, isRare, judge, projection, texts, bounds, isWhole, call } = answering;
  const { filter, order } = subject;
  const byRelevance = order.field === 'relevance';
  const ranked = once(async () => {
    const whole = !byRelevance && (await isRare());
    return rankCandidates(await find(whole), { order, texts, bounds });
  });
  if (byRelevance) ranked().catch(() => undefined);
  const all = once(async () => {
    const { value, exact } = await pickAll(await ranked());
    return { value, exact: exact && isWhole };
  });
  return {
    async findHits(page) {
      if (byRelevance || ((await isRare()) && (await ranked()).complete)) return pickHits(await ranked(), page);
      return walkByTime({ posts, filter, order, judge: await judge(), projection, texts, bounds, call }, page);
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
