import { fold } from '@tandem/text';
import { analyseText, countWords } from '../analysis/analyse-text.ts';
import { hashTerm, toTagTerm } from '../analysis/index-term.ts';

/** What is searched of a post. */
export interface SearchedText {
  readonly title: string;
  readonly tags: readonly string[];
  readonly content: string;
  readonly language: string;
}

/** How often a post has a term; 0 where not at all. */
export interface TermCounts {
  readonly title: number;
  readonly tags: number;
  readonly content: number;
}

/** A post's terms as ranking and matching look at them: the bytes of `encodeTermVector`, wherever they lie. */
export type TermVector = Uint8Array;

/** The terms of a post by field, in order, and how many words its fields have that are no stop words. */
export interface AnalysedPost {
  readonly title: readonly string[];
  /** Of each tag its words, and the tag as a whole. */
  readonly tags: readonly string[];
  readonly content: readonly string[];
  readonly titleLength: number;
  readonly contentLength: number;
}

export function analysePost({ title, tags, content, language }: SearchedText): AnalysedPost {
  const [titleTokens, contentTokens] = [analyseText(title, language), analyseText(content, language)];
  return {
    title: titleTokens.map(({ term }) => term),
    tags: tags.flatMap((tag) => [toTagTerm(fold(tag)), ...analyseText(tag, language).map(({ term }) => term)]),
    content: contentTokens.map(({ term }) => term),
    titleLength: countWords(titleTokens),
    contentLength: countWords(contentTokens),
  };
}

/*
 * The bytes: title length and content length (32 bits each), then the hashes of the distinct terms in ascending order (32
 * bits each), then for each its counts in 16 bits: title 3, tags 2, content 11. All little-endian. Larger counts are
 * written as the largest: what more occurrences would add to a score is next to nothing.
 */
const headBytes = 8;
const bytesPerTerm = 6;
const [maxTitle, maxTags, maxContent] = [7, 3, 2047];

export function encodeTermVector(post: AnalysedPost): Uint8Array<ArrayBuffer> {
  const counts = new Map<number, number>();
  addCounts(counts, post.content, { one: 1, shift: 0, max: maxContent });
  addCounts(counts, post.tags, { one: 1 << 11, shift: 11, max: maxTags });
  addCounts(counts, post.title, { one: 1 << 13, shift: 13, max: maxTitle });
  const hashes = Uint32Array.from(counts.keys()).sort();
  const view = new DataView(new ArrayBuffer(headBytes + hashes.length * bytesPerTerm));
  view.setUint32(0, post.titleLength, true);
  view.setUint32(4, post.contentLength, true);
  const countsBegin = headBytes + hashes.length * 4;
  for (const [index, hash] of hashes.entries()) {
    view.setUint32(headBytes + index * 4, hash, true);
    view.setUint16(countsBegin + index * 2, counts.get(hash) ?? 0, true);
  }
  return new Uint8Array(view.buffer);
}

function addCounts(
  counts: Map<number, number>,
  terms: readonly string[],
  { one, shift, max }: { one: number; shift: number; max: number },
): void {
  for (const term of terms) {
    const hash = hashTerm(term);
    const before = counts.get(hash) ?? 0;
    if (((before >> shift) & max) < max) counts.set(hash, before + one);
  }
}

/** Of how many words that are no stop words the fields are. */
export function readLengths(vector: TermVector): { title: number; content: number } {
  return { title: readUint32(vector, 0), content: readUint32(vector, 4) };
}

/** By `hashTerm`. Undefined: the post does not have it. Hundreds of posts are looked at for a page: nothing is copied. */
export function findTerm(vector: TermVector, hash: number): TermCounts | undefined {
  const size = Math.floor((vector.length - headBytes) / bytesPerTerm);
  let [low, high] = [0, size - 1];
  while (low <= high) {
    const middle = (low + high) >> 1;
    const found = readUint32(vector, headBytes + middle * 4);
    if (found === hash) return readCounts(vector, headBytes + size * 4 + middle * 2);
    if (found < hash) low = middle + 1;
    else high = middle - 1;
  }
  return undefined;
}

function readCounts(vector: TermVector, at: number): TermCounts {
  const counts = byteOf(vector, at) | (byteOf(vector, at + 1) << 8);
  return { title: counts >> 13, tags: (counts >> 11) & maxTags, content: counts & maxContent };
}

function readUint32(vector: TermVector, at: number): number {
  const low = byteOf(vector, at) | (byteOf(vector, at + 1) << 8) | (byteOf(vector, at + 2) << 16);
  return (low | (byteOf(vector, at + 3) << 24)) >>> 0;
}

function byteOf(vector: TermVector, at: number): number {
  return vector[at] ?? 0;
}
