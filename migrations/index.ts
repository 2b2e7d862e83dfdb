export type { MigrationStatus, PostsMigration, UsersMigration } from './migration.ts';
