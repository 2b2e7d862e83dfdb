import { type IndexedText, indexText } from '../../domain/search/index-text.ts';
import type { SearchedText } from '../../domain/search/term-vector.ts';
import { type CountChanges, countPosts, type SignedPost } from '../../domain/vocabulary/count-changes.ts';

/** What is made of texts by analysing them. */
export const analysisTasks = {
  /** Of each, in their order. */
  index: (texts: readonly SearchedText[]): IndexedText[] => texts.map(indexText),
  /** Of all together: they have most of their words in common, and less goes from thread to thread. */
  count: (posts: readonly SignedPost[]): CountChanges => countPosts(posts),
};

export type AnalysisTasks = typeof analysisTasks;
export type TaskName = keyof AnalysisTasks;
export type TaskInput<Name extends TaskName> = Parameters<AnalysisTasks[Name]>[0][number];
export type TaskOutput<Name extends TaskName> = ReturnType<AnalysisTasks[Name]>;

/** What the thread is asked, and what it answers. */
export interface AnalysisRequest {
  readonly name: TaskName;
  readonly texts: readonly TaskInput<TaskName>[];
}
export type AnalysisAnswer = { readonly result: unknown } | { readonly failure: unknown };
