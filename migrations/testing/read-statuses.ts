import type { MigrationStatus } from '../migration.ts';
import { openPostsRunner } from '../runner/posts-runner.ts';
import { openUsersRunner } from '../runner/users-runner.ts';

/** What the users database at `url` has and lacks; throws MigrationError when it cannot be reached. */
export async function readUsersStatus(url: string): Promise<MigrationStatus> {
  await using runner = await openUsersRunner({ url });
  return await runner.status();
}

/** What the posts database at `url` has and lacks; throws MigrationError when it cannot be reached. */
export async function readPostsStatus(url: string): Promise<MigrationStatus> {
  await using runner = await openPostsRunner({ url });
  return await runner.status();
}
