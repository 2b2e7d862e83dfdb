import type { PostsMigration } from '../migration.ts';

/** Every migration of the posts database, oldest first: `{ name: 'YYYYMMDDHHMM-what', ...what }`. */
export const postsMigrations: readonly PostsMigration[] = [];
