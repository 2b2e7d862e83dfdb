import { AuthorState } from '@tandem/contracts/posts';
import type { Call } from '@tandem/rpc';
import type { PostPosition } from '../domain/post.ts';
import type { AuthorDirectory } from '../peers/author-directory.ts';
import type { ListedPost, PostListing, PostReader } from '../store/store.ts';
import { type KnownAuthor, toKnownAuthor } from './author-states.ts';
import type { AuthoredPost } from './encoded-replies.ts';
import { estimatePostBytes, maxAuthorBytes, pageBudgetBytes, type TakenPage, takePage } from './message-size.ts';

/** A page with its authors; `next` is undefined when this was the last. */
export interface AuthoredPage {
  readonly items: readonly AuthoredPost[];
  readonly next: PostPosition | undefined;
}

/** So much is read for one page at most; where that is not enough, the page is short and its token goes on. */
const maxScanned = 5_000;
/** One BatchGetUsers may ask for so many, and each post may have another author. */
const maxRoundPosts = 1_000;
/** Where a page is not full, others may have to be asked for: at most 8 times, but where long posts end a round early. */
const roundGrowth = 8;

export interface ActiveAuthorsDependencies {
  readonly reader: Pick<PostReader, 'list'>;
  readonly authors: Pick<AuthorDirectory, 'findMany'>;
}

/**
 * Reads on past the posts of authors who are not active until the page is full. A round reads somewhat more than the
 * page, so that one is usually enough, and each next one eight times as much, up to 1,000 posts. It asks at once for those
 * authors who were not asked for before.
 *
 * @throws TandemError `PEER_UNAVAILABLE`: who is active cannot be told then
 */
export async function listActiveAuthors(
  dependencies: ActiveAuthorsDependencies,
  listing: PostListing,
  call: Call,
): Promise<AuthoredPage> {
  const page = new ActivePage(listing);
  const authors = new AuthorMemory(dependencies.authors, call);
  let roundLimit = Math.min(listing.limit + Math.max(10, listing.limit >> 1), maxRoundPosts);
  let scanned = 0;
  for (;;) {
    const startedAt = Date.now();
    const posts = await readRound(dependencies, { ...listing, after: page.position, limit: roundLimit }, call);
    await authors.learn(posts.items.map(({ post }) => post.authorId));
    scanned += posts.items.length;
    if (posts.items.every((listed) => page.take(listed, authors)) && !posts.more) return page.end();
    const nextLimit = Math.min(roundLimit * roundGrowth, maxRoundPosts, maxScanned - scanned);
    if (page.full || nextLimit <= 0) return page.goOn();
    // A round takes as much longer as it reads more.
    const nextMs = ((Date.now() - startedAt) * nextLimit) / roundLimit;
    if (nextMs > call.deadline - Date.now()) return page.goOn();
    roundLimit = nextLimit;
  }
}

function readRound(
  dependencies: ActiveAuthorsDependencies,
  listing: PostListing,
  call: Call,
): Promise<TakenPage<ListedPost>> {
  const listed = dependencies.reader.list({ ...listing, limit: listing.limit + 1 }, call);
  return takePage(listed, { limit: listing.limit, sizeOf: ({ post }) => estimatePostBytes(post) });
}

class AuthorMemory {
  readonly #directory: Pick<AuthorDirectory, 'findMany'>;
  readonly #call: Call;
  readonly #known = new Map<string, KnownAuthor>();

  constructor(directory: Pick<AuthorDirectory, 'findMany'>, call: Call) {
    this.#directory = directory;
    this.#call = call;
  }

  async learn(ids: readonly string[]): Promise<void> {
    const unknown = [...new Set(ids)].filter((id) => !this.#known.has(id));
    if (unknown.length === 0) return;
    const found = await this.#directory.findMany(unknown, this.#call);
    for (const id of unknown) this.#known.set(id, toKnownAuthor(found.get(id)));
  }

  get(id: string): KnownAuthor {
    return this.#known.get(id) ?? toKnownAuthor(undefined);
  }
}

class ActivePage {
  readonly #limit: number;
  readonly #items: AuthoredPost[] = [];
  #bytes = 0;
  #full = false;
  /** The last post that was looked at. */
  position: PostPosition | undefined;

  constructor({ limit, after }: PostListing) {
    this.#limit = limit;
    this.position = after;
  }

  get full(): boolean {
    return this.#full || this.#items.length === this.#limit;
  }

  /** False when the post has no place any more. */
  take({ post, position }: ListedPost, authors: AuthorMemory): boolean {
    const known = authors.get(post.authorId);
    if (known.authorState === AuthorState.OK) {
      const bytes = this.#bytes + estimatePostBytes(post) + maxAuthorBytes;
      this.#full = this.#items.length === this.#limit || (this.#items.length > 0 && bytes > pageBudgetBytes);
      if (this.#full) return false;
      this.#bytes = bytes;
      this.#items.push({ post, known });
    }
    this.position = position;
    return true;
  }

  end(): AuthoredPage {
    return { items: this.#items, next: undefined };
  }

  goOn(): AuthoredPage {
    return { items: this.#items, next: this.position };
  }
}
