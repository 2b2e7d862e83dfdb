import { createRandom } from '@tandem/rpc/testing/random';
import type { FullPost } from '../../../services/posts/src/domain/post.ts';
import { createZipf } from '../load/zipf.ts';
import { nameUser } from '../stores/user-id.ts';
import { createWordDraw, spellWord } from './vocabulary.ts';

const firstTimeMs = Date.UTC(2024, 0, 1);
const apartMs = 60_000;
/** How many tags there are. */
export const tagCount = 200;
const titleWords = 6;
const authorsOften = 0.8;
/** Of all posts. */
export const publishedShare = 0.95;

export interface PostsToMake {
  readonly count: number;
  /** The content is half to one and a half times as long. */
  readonly meanWords: number;
  /** Who write them: users 1 to so many. */
  readonly users: number;
  readonly seed: number;
}

/** Posts with the words, tags and authors that posts have: a few often, most seldom. The same seed makes the same. */
export function* makePosts({ count, meanWords, users, seed }: PostsToMake): Generator<FullPost> {
  const random = createRandom(seed).fraction;
  const drawWord = createWordDraw(random);
  const drawTag = createZipf({ size: tagCount, random });
  const drawAuthor = createZipf({ size: users, exponent: authorsOften, random });
  const draw = (length: number) => Array.from({ length }, drawWord).join(' ');
  for (let number = 1; number <= count; number += 1) {
    const createTime = firstTimeMs + number * apartMs;
    const published = random() < publishedShare;
    const ofThis = Math.floor(random() * 4);
    yield {
      id: namePost({ seed, number }),
      authorId: nameUser(1 + drawAuthor()),
      title: capitalise(draw(titleWords - 2 + Math.floor(random() * 5))),
      content: capitalise(draw(Math.max(1, Math.round(meanWords * (0.5 + random()))))),
      tags: [...new Set(Array.from({ length: ofThis }, () => nameTag(drawTag())))],
      language: 'en',
      published,
      createTime,
      updateTime: createTime,
      publishTime: published ? createTime : undefined,
      version: 1,
    };
  }
}

/** The tag of a rank, 0 the commonest. */
export function nameTag(rank: number): string {
  return spellWord(1_000 + rank);
}

/** A UUIDv7 by its looks; later posts have higher ones. */
function namePost({ seed, number }: { seed: number; number: number }): string {
  return `01900000-0000-7000-9${seed.toString(16).padStart(3, '0')}-${number.toString(16).padStart(12, '0')}`;
}

function capitalise(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
