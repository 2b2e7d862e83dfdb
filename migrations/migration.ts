import type { Knex } from 'knex';
import type { Db } from 'mongodb';

/**
 * One change of the users database. `up` and `down` run in a transaction of their own unless `config.transaction` is
 * false (for statements PostgreSQL refuses inside one, such as CREATE INDEX CONCURRENTLY); such a migration must be
 * repeatable, because one that failed half-way is run again from its start.
 */
export interface UsersMigration {
  /** The file's bare name, `YYYYMMDDHHMM-what`. Recorded in the table `migrations`; never change it once released. */
  readonly name: string;
  readonly config?: { readonly transaction?: boolean };
  up(knex: Knex): Promise<void>;
  /** Undoes `up` exactly: the schema afterwards is the one before. */
  down(knex: Knex): Promise<void>;
}

/**
 * One change of the posts database. MongoDB has no transactional schema changes, so `up` and `down` must be repeatable:
 * one that failed half-way is run again from its start.
 */
export interface PostsMigration {
  /** The file's bare name, `YYYYMMDDHHMM-what`. Recorded in the collection `migrations`; never change it once released. */
  readonly name: string;
  up(db: Db): Promise<void>;
  /** Undoes `up` exactly: the schema afterwards is the one before. */
  down(db: Db): Promise<void>;
}

/** What a database has and what it lacks, in the order of the list. */
export interface MigrationStatus {
  readonly applied: string[];
  readonly pending: string[];
  /** On record in the database but not in this release's list: a newer or another release has been here. */
  readonly unknown: string[];
}
