import { type IndexedText, indexText } from '../../domain/search/index-text.ts';
import type { SearchedText } from '../../domain/search/term-vector.ts';
import { type CountedPost, countPost, type PostCounts } from '../../domain/vocabulary/count-post.ts';

/** What is made of a text by analysing it. */
export const analysisTasks = {
  index: (text: SearchedText): IndexedText => indexText(text),
  count: (post: CountedPost): PostCounts => countPost(post),
};

export type AnalysisTasks = typeof analysisTasks;
export type TaskName = keyof AnalysisTasks;
export type TaskInput<Name extends TaskName> = Parameters<AnalysisTasks[Name]>[0];
export type TaskOutput<Name extends TaskName> = ReturnType<AnalysisTasks[Name]>;

/** What the thread is asked, and what it answers. */
export interface AnalysisRequest {
  readonly name: TaskName;
  readonly texts: readonly TaskInput<TaskName>[];
}
export type AnalysisAnswer = { readonly results: readonly unknown[] } | { readonly failure: unknown };
