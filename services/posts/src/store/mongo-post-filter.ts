import type { Filter } from 'mongodb';
import type { PostFilter, PostOrder, PostPosition } from '../domain/post.ts';
import { orderKeys, type PostDocument } from './mongo-post-document.ts';

type Match = Filter<PostDocument>;

/** More branches than this are not told apart: the server plans each by itself. */
const maxBranches = 200;

/** A filter as MongoDB takes it; undefined when no post can match. */
export function toMatch(filter: PostFilter): Match | undefined {
  const authors = namedAuthors(filter);
  if (authors?.length === 0) return undefined;
  return { ...restOf(filter), ...anyOf('author_id', authors), ...anyOf('tags', namedTags(filter)) };
}

/** What a page is found by. */
export interface PageMatch {
  readonly match: Match;
  /** The index that serves the filter in this order; undefined: the server chooses. */
  readonly index: string | undefined;
}

/**
 * The posts after a position, as branches each of which walks a range of one index in order, so that the server merges
 * them and sorts nothing. Undefined when no post can match.
 */
export function toPageMatch(
  filter: PostFilter,
  { order, after }: { order: PostOrder; after: PostPosition | undefined },
): PageMatch | undefined {
  const whole = toMatch(filter);
  if (whole === undefined) return undefined;
  const places = after === undefined ? [{}] : matchAfter(order, after);
  const split = splitValues(filter);
  const groups = split.length * places.length <= maxBranches ? split : [whole];
  const branches = groups.flatMap((group) => places.map((place) => both(group, place)));
  const [only, ...others] = branches;
  const match = only !== undefined && others.length === 0 ? only : { $or: branches };
  return { match, index: chooseIndex(filter, order) };
}

/**
 * What comes after a position in an order, in ranges that do not overlap. A post never published has null for
 * `publish_time`, which comes before every time and which no comparison with a time finds.
 */
function matchAfter({ field, descending }: PostOrder, { key, id }: PostPosition): Match[] {
  const name = orderKeys[field];
  const value = typeof key === 'number' ? new Date(key) : key;
  const tie = { [name]: value, _id: descending ? { $lt: id } : { $gt: id } };
  if (value === null) return descending ? [tie] : [tie, { [name]: { $gte: new Date(-8.64e15) } }];
  const beyond = { [name]: descending ? { $lt: value } : { $gt: value } };
  return descending && field === 'publish_time' ? [tie, beyond, { [name]: null }] : [tie, beyond];
}

/** The index named for this filter and order (docs of ListPosts: author, tag and published × order). */
function chooseIndex(filter: PostFilter, { field }: PostOrder): string | undefined {
  const key = orderKeys[field];
  if (namedAuthors(filter) !== undefined) return `posts_of_author_by_${key}`;
  if (namedTags(filter) !== undefined) {
    return field === 'create_time' || field === 'publish_time' ? `posts_of_tag_by_${key}` : undefined;
  }
  return filter.published === undefined ? `posts_by_${key}` : `posts_published_by_${key}`;
}

/** The filter as one match a value of the list that the index begins with. */
function splitValues(filter: PostFilter): Match[] {
  const authors = namedAuthors(filter);
  const tags = namedTags(filter);
  if (authors !== undefined) {
    return authors.map((author) => ({ ...restOf(filter), author_id: author, ...anyOf('tags', tags) }));
  }
  return tags === undefined ? [restOf(filter)] : tags.map((tag) => ({ ...restOf(filter), tags: tag }));
}

function both(group: Match, place: Match): Match {
  const shared = Object.keys(group).some((key) => key in place);
  return shared ? { $and: [group, place] } : { ...group, ...place };
}

function restOf({ published, language, createdAfter, createdBefore }: PostFilter): Match {
  const created = {
    ...(createdAfter === undefined ? {} : { $gte: new Date(createdAfter) }),
    ...(createdBefore === undefined ? {} : { $lt: new Date(createdBefore) }),
  };
  return {
    ...(published === undefined ? {} : { published }),
    ...(language === undefined ? {} : { language }),
    ...(Object.keys(created).length === 0 ? {} : { create_time: created }),
  };
}

/** Undefined: any author; an empty list: none. */
function namedAuthors({ authorId, authorIds = [] }: PostFilter): string[] | undefined {
  if (authorId === undefined) return authorIds.length === 0 ? undefined : [...new Set(authorIds)];
  return authorIds.length === 0 || authorIds.includes(authorId) ? [authorId] : [];
}

function namedTags({ tags = [] }: PostFilter): string[] | undefined {
  return tags.length === 0 ? undefined : [...new Set(tags)];
}

function anyOf(field: 'author_id' | 'tags', values: string[] | undefined): Match {
  if (values === undefined) return {};
  return { [field]: values.length === 1 ? values[0] : { $in: values } };
}
