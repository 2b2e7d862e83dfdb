import { describeInvalidations } from '@tandem/cache/testing';
import { makeCall } from '@tandem/rpc/testing';
import { createMongoInvalidations } from './mongo-invalidations.ts';
import { usePostsStore } from './testing/use-posts-store.ts';

const { store, direct } = await usePostsStore();

describeInvalidations({
  records: createMongoInvalidations(direct.db()),
  async transaction(work) {
    await store.transaction(makeCall(), async ({ invalidations }) => ({ done: await work(invalidations) }));
  },
});
