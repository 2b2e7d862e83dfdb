import { randomInt, randomUUID } from 'node:crypto';
import type { Timestamp } from '@bufbuild/protobuf/wkt';
import type { PostsClient, UsersClient } from '@tandem/contracts';
import type { Post } from '@tandem/contracts/posts';
import fc from 'fast-check';
import { type ModelCommand, makeModelCommand, type Replicas, type World } from './ask.ts';
import type { Answered, Mutation } from './mutation.ts';

/** What a read of a post must answer, in full. */
export interface PostView {
  readonly id: string;
  readonly authorId: string;
  readonly title: string;
  readonly content: string;
  readonly tags: readonly string[];
  readonly language: string;
  readonly published: boolean;
  readonly etag: string;
  readonly createMs: number;
  readonly updateMs: number;
  readonly publishMs: number | undefined;
}

export interface KnownPost {
  view: PostView;
  /** Etags that were this post's once. */
  readonly olderEtags: string[];
}

/** What became of an id that was reserved, or cancelled before it was. */
export type KnownReservation =
  | { readonly state: 'reserved'; readonly view: PostView }
  | { readonly state: 'confirmed' | 'cancelled'; readonly authorId: string | undefined };

/** A user as far as posts care. */
export interface KnownAuthor {
  readonly id: string;
  /** What users says: a user who was deleted is not there. */
  state: 'active' | 'inactive' | 'deleted';
  /** Whether posts was told of the author's end. */
  isEnded: boolean;
  /** How many posts were deleted since. */
  deleted: number;
}

/** Names with what they are compared as, written by hand: the model shares no code with the service. */
export const titlePool = [
  { title: 'Ada', folded: 'ada' },
  { title: 'ÁDÁM', folded: 'adam' },
  { title: 'Zoë', folded: 'zoe' },
  { title: 'zoe', folded: 'zoe' },
  { title: 'Straße', folded: 'strasse' },
] as const;
export const tagPool = ['Go', 'go', 'two words'] as const;
export const languagePool = ['', 'en', 'fr', 'ja'] as const;

/** Few, so that calls meet the same posts. */
const slots = 5;
/** The last of them never was a user. */
const authorCount = 4;
const wordCount = 4;

/** The posts service as its contract has it: plain collections, one call at a time. Authors, words and ids are this run's own. */
export class PostsModel {
  readonly ids = Array.from({ length: slots }, () => randomUUID());
  readonly authors: readonly KnownAuthor[] = Array.from({ length: authorCount }, (_, n) => ({
    id: randomUUID(),
    state: n < authorCount - 1 ? 'active' : 'deleted',
    isEnded: false,
    deleted: 0,
  }));
  /** Words that no other post has, and no stemmer shortens. */
  readonly words = Array.from({ length: wordCount }, makeWord);
  readonly posts = new Map<string, KnownPost>();
  readonly reservations = new Map<string, KnownReservation>();
  readonly answered: Answered[] = [];
  /** Calls that were refused with nothing but this ground against them, as `deletePost ETAG_MISMATCH`. */
  readonly decisive: string[] = [];

  idOf(slot: number): string {
    return this.ids[slot % slots] ?? '';
  }

  authorOf(n: number): KnownAuthor {
    const author = this.authors[n % authorCount];
    if (author === undefined) throw new Error('The model has no authors.');
    return author;
  }

  authorById(id: string): KnownAuthor | undefined {
    return this.authors.find((author) => author.id === id);
  }

  titleOf({ name, word }: TitleChoice): string {
    return `${titlePool[name % titlePool.length]?.title} ${this.words[word % wordCount]}`;
  }

  foldedTitleOf({ view }: KnownPost): string {
    const [name, word] = view.title.split(' ');
    return `${titlePool.find(({ title }) => title === name)?.folded} ${word}`;
  }

  contentOf(words: readonly number[]): string {
    return words.map((n) => this.words[n % wordCount]).join(' ');
  }

  isHeld(id: string): boolean {
    return this.reservations.get(id)?.state === 'reserved';
  }

  add(view: PostView): void {
    this.posts.set(view.id, { view, olderEtags: [] });
  }

  setView(post: KnownPost, view: PostView): void {
    if (view.etag !== post.view.etag) post.olderEtags.push(post.view.etag);
    post.view = view;
  }

  /** Leaves the author's tombstone: the posts go, what is reserved is cancelled. */
  endAuthor(author: KnownAuthor): void {
    author.isEnded = true;
    for (const { view } of [...this.posts.values()].filter((post) => post.view.authorId === author.id)) {
      this.posts.delete(view.id);
      author.deleted += 1;
    }
    for (const [id, reservation] of this.reservations) {
      if (reservation.state !== 'reserved' || reservation.view.authorId !== author.id) continue;
      this.reservations.set(id, { state: 'cancelled', authorId: author.id });
    }
  }
}

/** Consonants only: no stemmer finds an ending in it. */
function makeWord(): string {
  const letters = 'bcdfghjkmnpqrtvwxz';
  return `${Array.from({ length: 9 }, () => letters[randomInt(letters.length)]).join('')}zk`;
}

export interface PostsReplicas extends Replicas<PostsClient> {
  readonly users: UsersClient;
}
export type PostsWorld = World<PostsModel, PostsReplicas>;
export type PostsCommand = ModelCommand<PostsModel, PostsReplicas>;
export type PostsMutation<Args> = Mutation<Args, PostsModel, PostsClient>;
export const makeCommand: <Args extends object>(
  name: string,
  args: Args,
  run: (world: PostsWorld) => Promise<void>,
) => PostsCommand = makeModelCommand;

export interface TitleChoice {
  readonly name: number;
  readonly word: number;
}

export const slot = fc.nat({ max: slots - 1 });
/** Seldom the one who never was. */
export const author = fc.oneof(
  { weight: 9, arbitrary: fc.nat({ max: authorCount - 2 }) },
  { weight: 1, arbitrary: fc.constant(authorCount - 1) },
);
export const word = fc.nat({ max: wordCount - 1 });
export const title = fc.record({ name: fc.nat({ max: titlePool.length - 1 }), word });
export const content = fc.array(word, { maxLength: 3 });
export const tags = fc.array(fc.constantFrom(...tagPool), { maxLength: 3 });
export const language = fc.constantFrom(...languagePool);

/** A post of a reply, in the model's terms. */
export function toView(post: Post | undefined): PostView {
  if (post === undefined) throw new Error('The reply has no post.');
  const { id, authorId, title = '', content = '', tags, language = '', published = false, etag } = post;
  const times = {
    createMs: toMillis(post.createTime) ?? Number.NaN,
    updateMs: toMillis(post.updateTime) ?? Number.NaN,
    publishMs: toMillis(post.publishTime),
  };
  return { id, authorId, title, content, tags, language, published, etag, ...times };
}

/** A view as a list without contents shows it. */
export function withoutContent(view: PostView): PostView {
  return { ...view, content: '' };
}

function toMillis(time: Timestamp | undefined): number | undefined {
  return time && Number(time.seconds) * 1_000 + time.nanos / 1_000_000;
}
