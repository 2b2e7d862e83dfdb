import type { Knex } from 'knex';
import { addSearchText } from './202611260920-users-search.ts';

/**
 * Who inserts many users may bring the text that is searched: to make it is a seventh of PostgreSQL's time for an import.
 * The database goes on making it for everyone else, and for everyone where name or e-mail change, so that no writer can
 * forget it.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw('ALTER TABLE users ALTER COLUMN search_text DROP EXPRESSION');
  await knex.raw(`
    CREATE FUNCTION make_search_text() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      NEW.search_text := user_search_text(NEW.name_folded, NEW.email);
      RETURN NEW;
    END $$`);
  await knex.raw(`
    CREATE TRIGGER users_search_text_of_new BEFORE INSERT ON users
    FOR EACH ROW WHEN (NEW.search_text IS NULL) EXECUTE FUNCTION make_search_text()`);
  await knex.raw(`
    CREATE TRIGGER users_search_text_of_changed BEFORE UPDATE OF name_folded, email ON users
    FOR EACH ROW WHEN (OLD.name_folded <> NEW.name_folded OR OLD.email <> NEW.email)
    EXECUTE FUNCTION make_search_text()`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('DROP TRIGGER users_search_text_of_changed ON users');
  await knex.raw('DROP TRIGGER users_search_text_of_new ON users');
  await knex.raw('DROP FUNCTION make_search_text()');
  // A column that is there already cannot become a generated one. Its index goes with it.
  await knex.raw('ALTER TABLE users DROP COLUMN search_text');
  await addSearchText(knex);
}
