import type { UsersMigration } from '../migration.ts';

/** Every migration of the users database, oldest first: `{ name: 'YYYYMMDDHHMM-what', ...what }`. */
export const usersMigrations: readonly UsersMigration[] = [];
