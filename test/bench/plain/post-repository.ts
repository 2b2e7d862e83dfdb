import type { Collection } from 'mongodb';
import type { PlainPost } from './plain-post.ts';

type ListedPost = Omit<PlainPost, 'content'>;

const withoutContent = { content: 0, title_lower: 0 } as const;

/** The collection as most services ask it: MongoDB's own text search in the order of its score, a title by its beginning. */
export class PostRepository {
  readonly #posts: Collection<PlainPost>;

  constructor(posts: Collection<PlainPost>) {
    this.#posts = posts;
  }

  search(query: string, limit: number): Promise<(ListedPost & { score: number })[]> {
    const score = { $meta: 'textScore' } as const;
    return this.#posts
      .find({ $text: { $search: query }, published: true })
      .project<ListedPost & { score: number }>({ ...withoutContent, score })
      .sort({ score })
      .limit(limit)
      .toArray();
  }

  findByTitleStart(start: string, limit: number): Promise<Pick<PlainPost, '_id' | 'title'>[]> {
    const from = start.toLowerCase();
    return this.#posts
      .find({ title_lower: { $gte: from, $lt: `${from}\uffff` }, published: true })
      .project<Pick<PlainPost, '_id' | 'title'>>({ title: 1 })
      .limit(limit)
      .toArray();
  }

  listByTag(tags: readonly string[], limit: number): Promise<ListedPost[]> {
    return this.#posts
      .find({ tags: { $in: [...tags] } })
      .project<ListedPost>(withoutContent)
      .sort({ create_time: -1 })
      .limit(limit)
      .toArray();
  }
}
