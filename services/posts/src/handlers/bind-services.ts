import { AuthorService, PostService, SearchService } from '@tandem/contracts/posts';
import { type BoundService, bind, type Cursors, type ImportMeter, type Paging, type Readers } from '@tandem/rpc';
import { v7 as newId } from 'uuid';
import type { AuthorDirectory } from '../peers/author-directory.ts';
import type { EncodedPostReader, PostStore } from '../store/store.ts';
import { batchGetPosts } from './batch-get-posts.ts';
import { cancelPost } from './cancel-post.ts';
import { confirmPost } from './confirm-post.ts';
import { countPosts } from './count-posts.ts';
import { createPost } from './create-post.ts';
import { deleteAuthorPosts } from './delete-author-posts.ts';
import { deletePost } from './delete-post.ts';
import { exportPosts } from './export-posts.ts';
import { getPost } from './get-post.ts';
import { getPostStats } from './get-post-stats.ts';
import { importPosts } from './import-posts.ts';
import { listPosts } from './list-posts.ts';
import { listPostsWithAuthors } from './list-posts-with-authors.ts';
import { reservePost } from './reserve-post.ts';
import { searchPosts } from './search-posts.ts';
import { suggestPosts } from './suggest-posts.ts';
import { updatePost } from './update-post.ts';
import { watchPosts } from './watch-posts.ts';

/** What the handlers of all services are made of. */
export interface ServiceDependencies {
  readonly store: PostStore;
  /** The store's posts as bytes. */
  readonly encoded: Readers<EncodedPostReader>;
  readonly authors: AuthorDirectory;
  readonly paging: Paging;
  readonly cursors: Cursors;
  readonly meter: ImportMeter;
}

const now = () => Date.now();

/** Every method that this process serves. */
export function bindServices(dependencies: ServiceDependencies): BoundService[] {
  return [bindPosts(dependencies), bindSearch(dependencies), bindAuthors(dependencies)];
}

function bindPosts({ store, encoded, authors, paging, cursors, meter }: ServiceDependencies): BoundService {
  const { reader, changes } = store;
  return bind(PostService, {
    createPost: createPost({ store, authors, now, newId }),
    getPost: getPost(encoded),
    batchGetPosts: batchGetPosts(encoded),
    updatePost: updatePost({ store, now }),
    deletePost: deletePost({ store }),
    listPosts: listPosts({ readers: store, paging }),
    listPostsWithAuthors: listPostsWithAuthors({ readers: store, authors, paging }),
    countPosts: countPosts(store),
    getPostStats: getPostStats(store),
    importPosts: importPosts({ store, authors, now, newId, meter }),
    exportPosts: exportPosts({ reader, cursors }),
    watchPosts: watchPosts({ changes, cursors }),
  });
}

function bindSearch({ store, authors, paging }: ServiceDependencies): BoundService {
  const { reader, search, vocabulary } = store;
  return bind(SearchService, {
    searchPosts: searchPosts({ reader, search, vocabulary, authors, paging }),
    suggestPosts: suggestPosts({ vocabulary }),
  });
}

function bindAuthors({ store }: ServiceDependencies): BoundService {
  return bind(AuthorService, {
    reservePost: reservePost({ store, now }),
    confirmPost: confirmPost({ store }),
    cancelPost: cancelPost({ store }),
    deleteAuthorPosts: deleteAuthorPosts({ store, now }),
  });
}
