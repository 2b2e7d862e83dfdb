import { isDeepStrictEqual as isSame } from 'node:util';
import { fold } from '@tandem/text';
import type { FullPost, Post, PostOrderField, PostPosition, PostRevision } from '../domain/post.ts';
import type { SearchFields } from './search-fields.ts';

/** A post as the collection `posts` holds it; those of before search have no search fields. */
export interface PostDocument extends Partial<SearchFields> {
  _id: string;
  author_id: string;
  title: string;
  title_folded: string;
  content: string;
  tags: string[];
  language: string;
  published: boolean;
  create_time: Date;
  update_time: Date;
  publish_time: Date | null;
  version: number;
}

/** A document as it was read, with its content or without. */
export type ReadDocument = Omit<PostDocument, 'content' | keyof SearchFields> & { content?: string };

/** Leaves behind what only search reads. */
export const withoutSearchFields = { search: 0, vector: 0 } as const;

/** Leaves the content behind too. */
export const withoutContent = { ...withoutSearchFields, content: 0 } as const;

/** What `toPost` reads, without contents of more bytes. */
export function withContentUpTo(maxBytes: number) {
  const fits = { $lte: [{ $strLenBytes: '$content' }, maxBytes] };
  return { ...postFields, content: { $cond: [fits, '$content', '$$REMOVE'] } };
}

const postFields = {
  author_id: 1,
  title: 1,
  tags: 1,
  language: 1,
  published: 1,
  create_time: 1,
  update_time: 1,
  publish_time: 1,
  version: 1,
} as const satisfies Partial<Record<keyof PostDocument, 1>>;

/** The fields that orders go by. */
export const orderKeys = {
  create_time: 'create_time',
  publish_time: 'publish_time',
  update_time: 'update_time',
  title: 'title_folded',
} as const satisfies Record<PostOrderField, keyof PostDocument>;

/** @param fields undefined: it is to be indexed later */
export function toDocument(post: FullPost, fields: SearchFields | undefined): PostDocument {
  return { ...toReadDocument(post), content: post.content, ...fields };
}

/** The fields that change; there is always one, the version. */
export function toChanges({ before, after }: PostRevision): Partial<PostDocument> {
  const known = new Map(Object.entries(toReadDocument(before)));
  const changed = Object.entries(toReadDocument(after)).filter(([name, value]) => !isSame(known.get(name), value));
  return Object.fromEntries(changed);
}

/** Whether a revision changes what is searched. */
export function changesText({ before, after }: PostRevision): boolean {
  return (['title', 'content', 'tags', 'language'] as const).some((field) => !isSame(before[field], after[field]));
}

function toReadDocument(post: Post): ReadDocument {
  return {
    _id: post.id,
    author_id: post.authorId,
    title: post.title,
    title_folded: fold(post.title),
    ...(post.content === undefined ? {} : { content: post.content }),
    tags: [...post.tags],
    language: post.language,
    published: post.published,
    create_time: new Date(post.createTime),
    update_time: new Date(post.updateTime),
    publish_time: post.publishTime === undefined ? null : new Date(post.publishTime),
    version: post.version,
  };
}

export function toPost(document: ReadDocument): Post {
  return {
    id: document._id,
    authorId: document.author_id,
    title: document.title,
    content: document.content,
    tags: document.tags,
    language: document.language,
    published: document.published,
    createTime: document.create_time.getTime(),
    updateTime: document.update_time.getTime(),
    publishTime: document.publish_time?.getTime(),
    version: document.version,
  };
}

export function toFullPost(document: PostDocument): FullPost {
  return { ...toPost(document), content: document.content };
}

export function toPosition(document: ReadDocument, field: PostOrderField): PostPosition {
  const key = document[orderKeys[field]];
  return { key: key instanceof Date ? key.getTime() : key, id: document._id };
}
