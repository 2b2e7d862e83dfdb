import { nameDatabase } from '../../support/database-urls.ts';
import type { BenchStores } from '../stores/bench-stores.ts';

/** `large` has all posts, `small` a tenth; `imports` is empty at first, and windows add to it. */
export type PostSet = 'large' | 'small' | 'imports';

type Sized = Pick<BenchStores, 'posts'>;

/** How many posts a set begins with. */
export function countPosts({ posts }: Sized, set: PostSet): number {
  return { large: posts, small: Math.ceil(posts / 10), imports: 0 }[set];
}

/** How many words the posts of a set have on average. */
export const meanWords = 100;

/** The database of a side, with one set of posts. */
export function nameSetUrl({ mongodbUrl }: Pick<BenchStores, 'mongodbUrl'>, { side, set }: PostSide): string {
  return nameDatabase({ serverUrl: mongodbUrl, name: `bench_${side}_${set}` });
}

export interface PostSide {
  readonly side: 'tandem' | 'plain';
  readonly set: PostSet;
}
