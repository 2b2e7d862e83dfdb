import type { PostsMigration } from '../migration.ts';
import * as posts from './202611250900-posts.ts';
import * as idempotencyRecords from './202611250901-idempotency-records.ts';
import * as serviceSecrets from './202611250902-service-secrets.ts';
import * as postsText from './202611250903-posts-text.ts';
import * as authorGuards from './202611261000-author-guards.ts';
import * as reservedPosts from './202611261001-reserved-posts.ts';
import * as postsPreImages from './202611261010-posts-pre-images.ts';
import * as postsSearch from './202611261020-posts-search.ts';
import * as searchTerms from './202611261030-search-terms.ts';
import * as cacheInvalidations from './202611301200-cache-invalidations.ts';
import * as searchTermsByIndex from './202611301500-search-terms-by-index.ts';
import * as recordsToIndex from './202611301600-records-to-index.ts';
import * as postsToIndex from './202611302200-posts-to-index.ts';

/** Every migration of the posts database, oldest first: `{ name: 'YYYYMMDDHHMM-what', ...what }`. */
export const postsMigrations: readonly PostsMigration[] = [
  { name: '202611250900-posts', ...posts },
  { name: '202611250901-idempotency-records', ...idempotencyRecords },
  { name: '202611250902-service-secrets', ...serviceSecrets },
  { name: '202611250903-posts-text', ...postsText },
  { name: '202611261000-author-guards', ...authorGuards },
  { name: '202611261001-reserved-posts', ...reservedPosts },
  { name: '202611261010-posts-pre-images', ...postsPreImages },
  { name: '202611261020-posts-search', ...postsSearch },
  { name: '202611261030-search-terms', ...searchTerms },
  { name: '202611301200-cache-invalidations', ...cacheInvalidations },
  { name: '202611301500-search-terms-by-index', ...searchTermsByIndex },
  { name: '202611301600-records-to-index', ...recordsToIndex },
  { name: '202611302200-posts-to-index', ...postsToIndex },
];
