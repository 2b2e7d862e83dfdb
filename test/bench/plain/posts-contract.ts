import type { handleUnaryCall } from '@grpc/grpc-js';
import type { User } from './contract.ts';
import type { WirePost } from './plain-post.ts';

export interface SearchPostsRequest {
  query: string;
  page_size: number;
}

export interface SearchPostsResponse {
  hits: { post: WirePost; score: number }[];
}

export interface SuggestPostsRequest {
  prefix: string;
  limit: number;
}

export interface SuggestPostsResponse {
  suggestions: { text: string; kind: 'SUGGESTION_KIND_TITLE'; post_id: string }[];
}

export interface ListPostsWithAuthorsRequest {
  filter: { tags: string[] } | null;
  page_size: number;
}

export interface ListPostsWithAuthorsResponse {
  items: { post: WirePost; author: User | undefined; author_state: 'AUTHOR_STATE_OK' | 'AUTHOR_STATE_NOT_FOUND' }[];
}

export type SearchPosts = handleUnaryCall<SearchPostsRequest, SearchPostsResponse>;
export type SuggestPosts = handleUnaryCall<SuggestPostsRequest, SuggestPostsResponse>;
export type ListPostsWithAuthors = handleUnaryCall<ListPostsWithAuthorsRequest, ListPostsWithAuthorsResponse>;
