import type { Knex } from 'knex';

const yearSeconds = 365 * 86_400;

/** What a person must look at: nobody works on it, and it is kept for a year. */
const deadLetters = {
  name: 'dead-letters',
  options: { policy: 'standard', retentionSeconds: yearSeconds, deleteAfterSeconds: yearSeconds },
};

/**
 * Tried for about a week, at first after a second, in the end every minute, and then put among the dead letters. All are
 * less than what posts knows a decided reservation for (30 days). A job whose worker was killed misses its heartbeat and
 * is tried again within 20 s; one that is waiting is never deleted unseen.
 */
const worked = ['delete-author-posts', 'settle-user-with-post'].map((name) => ({
  name,
  options: {
    policy: 'standard',
    retryLimit: 10_000,
    retryDelay: 1,
    retryBackoff: true,
    retryDelayMax: 60,
    heartbeatSeconds: 10,
    expireInSeconds: 600,
    retentionSeconds: yearSeconds,
    deleteAfterSeconds: 86_400,
    deadLetter: deadLetters.name,
    notify: true,
  },
}));

export async function up(knex: Knex): Promise<void> {
  for (const { name, options } of [deadLetters, ...worked]) {
    await knex.raw('SELECT jobs.create_queue(?, ?::jsonb)', [name, JSON.stringify(options)]);
  }
}

export async function down(knex: Knex): Promise<void> {
  for (const { name } of [...worked, deadLetters]) await knex.raw('SELECT jobs.delete_queue(?)', [name]);
}
