import type pg from 'pg';

/**
 * Ends a pool and waits until its connections are closed. The pool's own `end` waits only until it has told them to:
 * a database that is dropped meanwhile ends them with an error that nobody listens for any more.
 */
export async function endPool(pool: pg.Pool): Promise<void> {
  const { promise: allClosed, resolve } = Promise.withResolvers<void>();
  let open = pool.totalCount;
  if (open === 0) resolve();
  pool.on('remove', () => {
    open -= 1;
    if (open === 0) resolve();
  });
  await pool.end();
  await allClosed;
}
