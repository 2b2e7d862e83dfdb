import { connectCache } from '@tandem/cache';
import { createUsersClient } from '@tandem/contracts';
import { AuthorService, PostService, SearchService } from '@tandem/contracts/posts';
import {
  assertLoopback,
  type BoundService,
  bind,
  type Cursors,
  createCursors,
  createImportMeter,
  createLogger,
  createPaging,
  type ImportMeter,
  type Paging,
  type RunningServer,
  startServer,
} from '@tandem/rpc';
import { v7 as newId } from 'uuid';
import type { PostsConfig } from './config.ts';
import { batchGetPosts } from './handlers/batch-get-posts.ts';
import { cancelPost } from './handlers/cancel-post.ts';
import { confirmPost } from './handlers/confirm-post.ts';
import { countPosts } from './handlers/count-posts.ts';
import { createPost } from './handlers/create-post.ts';
import { deleteAuthorPosts } from './handlers/delete-author-posts.ts';
import { deletePost } from './handlers/delete-post.ts';
import { exportPosts } from './handlers/export-posts.ts';
import { getPost } from './handlers/get-post.ts';
import { getPostStats } from './handlers/get-post-stats.ts';
import { importPosts } from './handlers/import-posts.ts';
import { listPosts } from './handlers/list-posts.ts';
import { listPostsWithAuthors } from './handlers/list-posts-with-authors.ts';
import { reservePost } from './handlers/reserve-post.ts';
import { searchPosts } from './handlers/search-posts.ts';
import { suggestPosts } from './handlers/suggest-posts.ts';
import { updatePost } from './handlers/update-post.ts';
import { watchPosts } from './handlers/watch-posts.ts';
import type { AuthorDirectory } from './peers/author-directory.ts';
import { createUsersDirectory } from './peers/users-directory.ts';
import { readServiceSecret } from './store/mongo-secrets.ts';
import { createMongoStore } from './store/mongo-store.ts';
import { openPostsDatabase } from './store/open-database.ts';
import { keepStatistics } from './store/statistics/keep-statistics.ts';
import type { PostStore } from './store/store.ts';

/** A posts service that serves. Disposing it drains the server, then closes the stores. */
export interface PostsService extends AsyncDisposable {
  readonly grpc: RunningServer['grpc'];
  readonly edge: RunningServer['edge'];
  drain(): Promise<void>;
}

/**
 * Starts the posts service; resolves when it serves.
 *
 * @throws an error of one clear line for a person, with nothing left running
 */
export async function startPosts(config: PostsConfig): Promise<PostsService> {
  assertLoopback({ name: 'posts', ...config });
  await using resources = new AsyncDisposableStack();
  const log = createLogger({ name: 'posts', level: config.logLevel });
  const client = await openPostsDatabase(config.databaseUrl);
  const store = resources.use(createMongoStore(client));
  const keeper = resources.use(keepStatistics(client, { log: (line) => log.info(line) }));
  // Of a start that fails, the one line that says why is enough.
  const serving = Promise.withResolvers<void>();
  // Nothing is served from the cache yet: it is connected so that its state is seen.
  resources.use(await connectCache(config.redisUrl, (line) => void serving.promise.then(() => log.info(line))));
  const authors = createUsersDirectory(resources.use(createUsersClient(config.usersTarget)));
  const meter = createImportMeter(log);
  const keys =
    config.pageTokenKeys.length > 0 ? config.pageTokenKeys : [await readServiceSecret(client.db(), 'page_token_key')];
  const server = await startServer({
    name: 'posts',
    services: bindServices({ store, authors, paging: createPaging(keys), cursors: createCursors(keys), meter }),
    listen: config.listen,
    edgeListen: config.edgeListen,
    authMode: config.authMode,
    records: store.records,
    probe: store.probe,
    log,
    shutdownGraceMs: config.shutdownGraceMs,
  });
  resources.use(server);
  server.metrics.registerMetric(meter.rows);
  serving.resolve();
  const owned = resources.move();
  return {
    grpc: server.grpc,
    edge: server.edge,
    drain: async () => {
      await Promise.all([server.drain(), keeper.stop()]);
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

interface HandlerDependencies {
  readonly store: PostStore;
  readonly authors: AuthorDirectory;
  readonly paging: Paging;
  readonly cursors: Cursors;
  readonly meter: ImportMeter;
}

const now = () => Date.now();

function bindServices(dependencies: HandlerDependencies): BoundService[] {
  return [bindPosts(dependencies), bindSearch(dependencies), bindAuthors(dependencies)];
}

function bindPosts({ store, authors, paging, cursors, meter }: HandlerDependencies): BoundService {
  const { reader, changes } = store;
  return bind(PostService, {
    createPost: createPost({ store, authors, now, newId }),
    getPost: getPost({ reader }),
    batchGetPosts: batchGetPosts({ reader }),
    updatePost: updatePost({ store, now }),
    deletePost: deletePost({ store }),
    listPosts: listPosts({ reader, paging }),
    listPostsWithAuthors: listPostsWithAuthors({ reader, authors, paging }),
    countPosts: countPosts({ reader }),
    getPostStats: getPostStats({ reader }),
    importPosts: importPosts({ store, authors, now, newId, meter }),
    exportPosts: exportPosts({ reader, cursors }),
    watchPosts: watchPosts({ changes, cursors }),
  });
}

function bindSearch({ store, authors, paging }: HandlerDependencies): BoundService {
  const { reader, search, vocabulary } = store;
  return bind(SearchService, {
    searchPosts: searchPosts({ reader, search, vocabulary, authors, paging }),
    suggestPosts: suggestPosts({ vocabulary }),
  });
}

function bindAuthors({ store }: HandlerDependencies): BoundService {
  return bind(AuthorService, {
    reservePost: reservePost({ store, now }),
    confirmPost: confirmPost({ store }),
    cancelPost: cancelPost({ store }),
    deleteAuthorPosts: deleteAuthorPosts({ store, now }),
  });
}
