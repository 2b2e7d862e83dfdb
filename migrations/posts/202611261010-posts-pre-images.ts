import type { Db } from 'mongodb';

/**
 * Each change of a post keeps its state before, so that a watch sees what was deleted and what left its filter. They are
 * kept as long as the log of changes itself: `expireAfterSeconds` is a setting of the whole cluster and stays off.
 */
export async function up(db: Db): Promise<void> {
  await db.command({ collMod: 'posts', changeStreamPreAndPostImages: { enabled: true } });
}

export async function down(db: Db): Promise<void> {
  await db.command({ collMod: 'posts', changeStreamPreAndPostImages: { enabled: false } });
}
