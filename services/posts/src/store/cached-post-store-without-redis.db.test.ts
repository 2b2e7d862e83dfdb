import { describePostStore } from './store-suite.ts';
import { useCachedStore } from './testing/use-cached-store.ts';

const { store, driver } = await useCachedStore();
driver.inject(() => 'refuse');
driver.setHealth({ readable: false, unansweredMs: 60_000 });

describePostStore('a cache whose Redis is gone, before MongoDB', () => store);
