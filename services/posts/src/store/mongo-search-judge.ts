import { analyserOf } from '../domain/analysis/languages.ts';
import { type CompiledQuery, compileQuery } from '../domain/search/compile-query.ts';
import type { Query } from '../domain/search/query.ts';
import {
  createScorer,
  hasGroup,
  type PostScore,
  type PostScorer,
  type RankingFigures,
} from '../domain/search/score-post.ts';
import type { SearchOrder } from '../domain/search.ts';
import type { CandidateDocument, CandidateProjection } from './mongo-search-candidate.ts';

export function projectCandidates({ order, excludedAuthors }: Pick<JudgeOptions, 'order' | 'excludedAuthors'>) {
  const projection: CandidateProjection = { language: 1, vector: 1 };
  if (excludedAuthors.size > 0) projection.author_id = 1;
  if (order.field !== 'relevance') projection[order.field] = 1;
  return projection;
}

/** A post whose words match. */
export interface Candidate {
  readonly id: string;
  /** Where its text may add to it, of what is sure. */
  readonly score: number;
  readonly language: string;
  /** What the order goes by: the score, or the time; null while never published. */
  readonly key: number | null;
  /** Whether its text has to be looked into to know that it matches. */
  readonly needsText: boolean;
  /** What its words say, of which the text may say more. */
  readonly found: PostScore;
  /** The score that it has at most, where its text may add to it. */
  readonly mostScore: number | undefined;
}

/** A query as posts of each language are held against it; made once for all languages of an analyser. */
export interface QueryForms {
  in(language: string): CompiledQuery;
}

export interface QueryReading {
  readonly query: Query;
  readonly matching: 'any' | 'all';
  readonly expansions: ReadonlyMap<string, readonly string[]>;
}

export function createQueryForms({ query, ...options }: QueryReading): QueryForms {
  const forms = new Map<string, CompiledQuery>();
  return {
    in(language) {
      const analyser = analyserOf(language);
      const form = forms.get(analyser) ?? compileQuery(query, { ...options, language: analyser });
      forms.set(analyser, form);
      return form;
    },
  };
}

export interface JudgeOptions {
  readonly forms: QueryForms;
  readonly figures: RankingFigures;
  readonly excludedAuthors: ReadonlySet<string>;
  readonly order: SearchOrder;
  /** Whether a query without words matches: when it names authors. */
  readonly matchesAll: boolean;
}

/** Undefined: the post is no hit. */
export type Judge = (document: CandidateDocument) => Candidate | undefined;

export function createJudge({ forms, figures, excludedAuthors, order, matchesAll }: JudgeOptions): Judge {
  const scorers = new Map<CompiledQuery, PostScorer>();
  const scorerOf = (form: CompiledQuery): PostScorer => {
    const scorer = scorers.get(form) ?? createScorer(form, figures, { matchesAll });
    scorers.set(form, scorer);
    return scorer;
  };
  return (document) => {
    const { _id: id, language, author_id: authorId, vector } = document;
    if (vector === undefined || (authorId !== undefined && excludedAuthors.has(authorId))) return undefined;
    const form = forms.in(language);
    const found = scorerOf(form)(vector);
    if (found === undefined) return undefined;
    const { phrases, excludedPhrases } = form;
    const hasPhrases =
      phrases.length > 0 || excludedPhrases.some(({ words }) => words.every((group) => hasGroup(vector, group)));
    const most = found.unsure.reduce((sum, { value }) => sum + value, found.sure);
    const isOpen = mayAdd(found);
    const score = isOpen ? found.sure : most;
    const key = order.field === 'relevance' ? score : (document[order.field] ?? null);
    const needsText = hasPhrases || (found.unsure.length > 0 && !found.matches);
    return { id, score, language, key, needsText, found, mostScore: isOpen ? most : undefined };
  };
}

/** Whether a post may match with some of what is not sure, and without the rest. */
function mayAdd({ matches, unsure }: PostScore): boolean {
  return unsure.some(({ isRequired }) => !isRequired) && (matches || unsure.length > 1);
}
