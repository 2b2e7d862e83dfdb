import { describeInvalidations } from '@tandem/cache/testing';
import { makeCall } from '@tandem/rpc/testing';
import { useUsersDatabase } from '../../../../test/support/use-users-database.ts';
import { createPostgresInvalidations } from './postgres-invalidations.ts';
import { createPostgresUserStore } from './postgres-user-store.ts';
import { usePool } from './testing/use-postgres.ts';

const pool = usePool(await useUsersDatabase());
const store = createPostgresUserStore(pool);

describeInvalidations({
  records: createPostgresInvalidations(pool),
  async transaction(work) {
    await store.transaction(makeCall(), async ({ invalidations }) => ({ done: await work(invalidations) }));
  },
});
