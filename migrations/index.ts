import type { MigrationStatus } from './migration.ts';
import { openPostsRunner } from './runner/posts-runner.ts';
import { openUsersRunner } from './runner/users-runner.ts';

export type { MigrationStatus, PostsMigration, UsersMigration } from './migration.ts';
export { MigrationError } from './runner/migration-error.ts';

export interface MigrateOptions {
  /** Connection URL of the database. */
  readonly url: string;
  /** Told each step in one line. Default: nobody. */
  readonly log?: (line: string) => void;
}

/** Applies every pending migration to the users database; throws MigrationError in one clear line. */
export async function migrateUsers(options: MigrateOptions): Promise<void> {
  await using runner = await openUsersRunner(options);
  await runner.up();
}

/** Applies every pending migration to the posts database; throws MigrationError in one clear line. */
export async function migratePosts(options: MigrateOptions): Promise<void> {
  await using runner = await openPostsRunner(options);
  await runner.up();
}

/** What the users database at `url` has and lacks; throws MigrationError when it cannot be reached. */
export async function usersMigrationStatus(url: string): Promise<MigrationStatus> {
  await using runner = await openUsersRunner({ url });
  return await runner.status();
}

/** What the posts database at `url` has and lacks; throws MigrationError when it cannot be reached. */
export async function postsMigrationStatus(url: string): Promise<MigrationStatus> {
  await using runner = await openPostsRunner({ url });
  return await runner.status();
}
