import type { Workload } from '../workload.ts';
import { batchGetUsers } from './batch-get-users.ts';
import { createUser, createUserUnderId } from './create-user.ts';
import { echo } from './echo.ts';
import { getUserCold } from './get-user-cold.ts';
import { getUserHot } from './get-user-hot.ts';
import { getUserStampede } from './get-user-stampede.ts';
import { getUserStrong } from './get-user-strong.ts';
import { importPosts } from './import-posts.ts';
import { importUsers } from './import-users.ts';
import { listPostsWithAuthors } from './list-posts-with-authors.ts';
import { readAndWrite } from './read-and-write.ts';
import { searchPosts } from './search-posts.ts';
import { suggestPosts } from './suggest-posts.ts';
import { transferAmongAll, transferAmongTen } from './transfer-points.ts';
import { updateUser } from './update-user.ts';

/** Every line of the table, in its order. */
export const workloads: readonly Workload[] = [
  echo,
  getUserStrong,
  getUserHot,
  getUserCold,
  getUserStampede,
  batchGetUsers,
  listPostsWithAuthors,
  ...searchPosts,
  ...suggestPosts,
  createUser,
  createUserUnderId,
  updateUser,
  readAndWrite,
  transferAmongTen,
  transferAmongAll,
  importUsers,
  ...importPosts,
];
