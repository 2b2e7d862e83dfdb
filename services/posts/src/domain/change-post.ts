import type { FullPost, TimeMillis } from './post.ts';
import { timeOfChange } from './time.ts';

/** What an update writes; undefined: stays. */
export interface PostUpdate {
  readonly title?: string | undefined;
  readonly content?: string | undefined;
  /** Each once. */
  readonly tags?: readonly string[] | undefined;
  readonly language?: string | undefined;
  readonly published?: boolean | undefined;
}

/** The post as changed, a version on; the same object where nothing changes. The first publishing is the one that counts. */
export function changePost(post: FullPost, changes: PostUpdate, now: TimeMillis): FullPost {
  const given = Object.entries(changes).filter(([, value]) => value !== undefined);
  const changed: FullPost = { ...post, ...Object.fromEntries(given) };
  if (isSame(post, changed)) return post;
  const publishTime = post.publishTime ?? (changed.published ? now : undefined);
  return { ...changed, publishTime, updateTime: timeOfChange(post, now), version: post.version + 1 };
}

function isSame(a: FullPost, b: FullPost): boolean {
  const sameTags = a.tags.length === b.tags.length && a.tags.every((tag, index) => tag === b.tags[index]);
  const fields = ['title', 'content', 'language', 'published'] as const;
  return sameTags && fields.every((field) => a[field] === b[field]);
}
