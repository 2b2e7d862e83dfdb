import { useUsersDatabase } from '../../../../test/support/use-users-database.ts';
import { describeUserStore } from './store-suite.ts';
import { useCachedStore } from './testing/use-cached-store.ts';
import { usePool } from './testing/use-postgres.ts';

const { store, driver } = await useCachedStore(usePool(await useUsersDatabase(), { size: 4, overflow: 8 }));
driver.inject(() => 'refuse');
driver.setHealth({ readable: false, unansweredMs: 60_000 });

describeUserStore('a cache whose Redis is gone, before PostgreSQL', () => store);
