/** A failure that one line explains: what failed, with which value, and what to do. Never holds credentials. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError';
}
