import { OnDuplicate } from '@tandem/contracts/posts';
import { createPost, type Draft, deletePost, updatePost } from './change-posts.ts';
import { importPosts } from './import-rows.ts';
import { commandOf } from './mutation.ts';
import type { PostsCommand } from './posts-model.ts';
import { cancelPost, confirmPost, endAuthor, reservePost, setActive } from './reserve-posts.ts';

const [some, ended, inactive, nobody] = [0, 1, 2, 3];
const [there, reserved, confirmed, cancelled, nowhere] = [0, 1, 2, 3, 4];

const draft = (slot: number, author: number): Draft => ({
  slot,
  author,
  title: { name: 0, word: 0 },
  content: [],
  tags: [],
  language: '',
  published: true,
});
const make = (slot: number, author = some) => commandOf(createPost, { ...draft(slot, author), via: 0 });
const reserve = (slot: number, author = some) => commandOf(reservePost, { ...draft(slot, author), via: 1 });
const confirm = (slot: number) => commandOf(confirmPost, { slot, via: 0 });
const cancel = (slot: number) => commandOf(cancelPost, { slot, via: 1 });
const change = (slot: number, how: Partial<Parameters<typeof updatePost.judge>[0]>) =>
  commandOf(updatePost, { slot, fields: { published: false }, mask: null, etag: 'none', via: 0, ...how });
const remove = (slot: number, etag = 'none') => commandOf(deletePost, { slot, etag, via: 1 });
const bringIn = (slot: number, author: number, rule = OnDuplicate.ERROR) =>
  importPosts({ rows: [{ slot, author, title: { name: 1, word: 1 }, repeats: false }], rule, via: 0 });

/** Calls of which many are refused on one ground alone; together they meet all that there are. */
export const everyPostGround: readonly PostsCommand[] = [
  confirm(nowhere),
  reserve(nowhere, ended),
  endAuthor({ author: ended, deletesUser: false, via: 0 }),
  reserve(there, ended),
  make(there),
  reserve(reserved),
  reserve(confirmed),
  confirm(confirmed),
  remove(confirmed),
  cancel(cancelled),
  setActive({ author: inactive, isActive: false }),
  make(cancelled, nobody),
  make(cancelled, inactive),
  make(cancelled, ended),
  make(reserved),
  make(there),
  change(there, { mask: ['author_id'] }),
  change(there, { mask: ['title'] }),
  change(confirmed, {}),
  change(there, { etag: 'foreign' }),
  remove(confirmed),
  remove(there, 'foreign'),
  reserve(there),
  reserve(cancelled),
  confirm(cancelled),
  confirm(nowhere),
  cancel(confirmed),
  bringIn(there, some),
  bringIn(there, inactive, OnDuplicate.UPDATE),
  bringIn(reserved, some),
  bringIn(cancelled, nobody),
  bringIn(cancelled, inactive),
  bringIn(cancelled, ended),
  endAuthor({ author: inactive, deletesUser: true, via: 1 }),
];
