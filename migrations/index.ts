import { openPostsRunner } from './runner/posts-runner.ts';
import { openUsersRunner } from './runner/users-runner.ts';

export { MigrationError } from './runner/migration-error.ts';

/** Which database, and who hears of it. */
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
