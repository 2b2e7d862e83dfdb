import { type CompiledQuery, compileQuery } from '../domain/search/compile-query.ts';
import type { Query } from '../domain/search/query.ts';
import { createScorer, hasGroup, type PostScorer, type RankingFigures } from '../domain/search/score-post.ts';
import { readTermVector } from '../domain/search/term-vector.ts';
import type { PostDocument } from './mongo-post-document.ts';

/** What of a post is read to judge whether and how well it matches. */
export type CandidateDocument = Pick<
  PostDocument,
  '_id' | 'author_id' | 'language' | 'create_time' | 'publish_time' | 'vector'
>;
export const candidateProjection = { author_id: 1, language: 1, create_time: 1, publish_time: 1, vector: 1 } as const;

/** A post whose words match. */
export interface Candidate {
  readonly id: string;
  readonly score: number;
  readonly language: string;
  readonly create_time: number;
  readonly publish_time: number | null;
  /** Whether a phrase has to be looked for in its text. */
  readonly needsText: boolean;
}

/** A query as posts of each language are held against it; made when the first of a language comes. */
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
      const form = forms.get(language) ?? compileQuery(query, { ...options, language });
      forms.set(language, form);
      return form;
    },
  };
}

export interface JudgeOptions {
  readonly forms: QueryForms;
  readonly figures: RankingFigures;
  readonly excludedAuthors: ReadonlySet<string>;
  /** Whether a query without words matches: when it names authors. */
  readonly matchesAll: boolean;
}

/** Undefined: the post is no hit. */
export type Judge = (document: CandidateDocument) => Candidate | undefined;

export function createJudge({ forms, figures, excludedAuthors, matchesAll }: JudgeOptions): Judge {
  const scorers = new Map<string, PostScorer>();
  const scorerIn = (language: string): PostScorer => {
    const scorer = scorers.get(language) ?? createScorer(forms.in(language), figures, { matchesAll });
    scorers.set(language, scorer);
    return scorer;
  };
  return ({ _id: id, author_id, language, create_time, publish_time, vector: bytes }) => {
    if (bytes === undefined || excludedAuthors.has(author_id)) return undefined;
    const vector = readTermVector(bytes.buffer.subarray(0, bytes.length()));
    const score = scorerIn(language)(vector);
    if (score === undefined) return undefined;
    const { phrases, excludedPhrases } = forms.in(language);
    const needsText =
      phrases.length > 0 || excludedPhrases.some(({ words }) => words.every((group) => hasGroup(vector, group)));
    const times = { create_time: create_time.getTime(), publish_time: publish_time?.getTime() ?? null };
    return { id, score, language, ...times, needsText };
  };
}
