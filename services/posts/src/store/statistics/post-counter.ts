import { setImmediate as nextTurn } from 'node:timers/promises';
import { addChanges, type CountChanges, type SignedPost, sizeOf } from '../../domain/vocabulary/count-changes.ts';
import type { CountedPost } from '../../domain/vocabulary/count-post.ts';
import { analyseTexts, countUnits } from '../analysis/analyse-texts.ts';

/**
 * So much goes to the thread that counts at once. The more, the fewer of the same words are added up here; but that is one
 * piece of work for the thread that answers calls, and whoever stops waits for the other one's.
 */
const countedAtOnce = { posts: 50, units: 512 * 1024 } as const;

/** Adds posts to changes, some at a time. */
export class PostCounter {
  readonly #changes: CountChanges;
  #waiting: SignedPost[] = [];

  constructor(changes: CountChanges) {
    this.#changes = changes;
  }

  /** How many counts change, but that each post which is not counted yet stands for one. */
  get size(): number {
    return sizeOf(this.#changes) + this.#waiting.length;
  }

  async add(post: CountedPost, sign: SignedPost['sign']): Promise<void> {
    // Without the rest of its document: it goes to another thread.
    const { title, tags, content, language, published } = post;
    this.#waiting.push({ title, tags, content, language, published, sign });
    const isEnough = this.#waiting.length >= countedAtOnce.posts || countUnits(this.#waiting) >= countedAtOnce.units;
    if (isEnough) await this.count();
  }

  /** Counts what waits. */
  async count(): Promise<void> {
    const posts = this.#waiting;
    if (posts.length === 0) return;
    this.#waiting = [];
    addChanges(this.#changes, await analyseTexts('count', posts));
    await nextTurn();
  }
}
