import { makeCall } from '@tandem/rpc/testing';
import { MongoClient } from 'mongodb';
import { v7 as makeUuid } from 'uuid';
import { beforeAll, describe, expect, it } from 'vitest';
import { listQueryWords } from '../domain/search/correct-query.ts';
import { parseQuery } from '../domain/search/parse-query.ts';
import { createJointReader } from './joint-reads.ts';
import { createSearchStatistics } from './mongo-search-statistics.ts';
import { createSearchVocabulary } from './mongo-search-vocabulary.ts';
import { createMongoStore } from './mongo-store.ts';
import { createCountsReader } from './statistics/counts-reader.ts';
import { findEntries, maxLooked } from './statistics/find-entries.ts';
import { refreshStatistics } from './statistics/keep-statistics.ts';
import { openStatistics, readCounts as readCountsNow, withoutMark } from './statistics/statistics-collections.ts';
import { insertPosts, makePost } from './testing/store-calls.ts';
import { usePostsStore } from './testing/use-posts-store.ts';

const { store, direct, url } = await usePostsStore();
const collections = openStatistics(direct);
const readCounts = createCountsReader(collections);
const statistics = createSearchStatistics({ collections, readCounts, readJointly: createJointReader(direct.db()) });
const vocabulary = createSearchVocabulary({ collections, statistics, readCounts });

// Of posts with the same title the first made is told: ids rise, as the service's own do.
const post = (title: string, content: string, fields = {}) => makePost({ id: makeUuid(), title, content, ...fields });
const spanish = post('Comunicación hoy', 'comunicaciones sin fin', { language: 'es' });
const posts = [
  post('Leek soup', 'Leeks in the soup, leeks in the pot', { tags: ['Leek Days', 'go'] }),
  post('Léek soup', 'Running after leeks', { tags: ['Go', 'go'] }),
  post('Runners of Łódź', 'They runned and run, information for everybody', { tags: ['lé'] }),
  post('Secret leekage', 'leekery secretword', { published: false, publishTime: undefined, tags: ['leeksecret'] }),
  post('東京タワー', '東京のタワー', { language: 'ja' }),
  ...Array.from({ length: 30 }, () => post('Same title', 'the them there thesis')),
  post('Same title too', 'information'),
  post('One', 'walnuts, walnut'),
  post('Two', 'walnuts'),
  spanish,
];
beforeAll(async () => {
  await insertPosts(store, posts);
  await refreshStatistics(direct);
});

const suggest = async (prefix: string, limit = 10) => {
  const found = await vocabulary.suggest(prefix, limit, makeCall());
  return found.map(({ kind, text }) => `${kind} ${text}`);
};

it.each(['terms', 'entries'] as const)('reads several %s by their ids, however many lie between', async (name) => {
  const kept = direct.db().collection<{ _id: string }>(collections[name].collectionName);
  const [first, last] = await Promise.all(
    ([1, -1] as const).map((direction) => kept.findOne({}, { sort: { _id: direction } })),
  );
  expect(await kept.countDocuments()).toBeGreaterThan(20);
  const plan = await kept.find({ _id: { $in: [first!._id, last!._id] } }).explain('executionStats');
  expect(plan.executionStats).toMatchObject({ nReturned: 2, totalDocsExamined: 2 });
});

describe('suggest', () => {
  it.each([
    ['lee', ['title Leek soup', 'term leek', 'tag Leek Days', 'term leeks']],
    ['LÉE', ['title Leek soup', 'term leek', 'tag Leek Days', 'term leeks']],
    ['leek s', ['title Leek soup']],
    ['leek d', ['tag Leek Days']],
    ['  leek  \t d', ['tag Leek Days']],
    ['  léek\u00a0 s', ['title Leek soup']],
    ['leek  ', ['title Leek soup', 'tag Leek Days']],
    ['go', ['tag go', 'tag Go', 'term go']],
    ['comunicacio', ['title Comunicación hoy', 'term comunicación', 'term comunicaciones']],
    ['lodz', ['term łódź']],
    ['東京', ['title 東京タワー', 'term 東京']],
    ['same title', ['title Same title', 'title Same title too']],
    ['thes', ['term thesis']],
    ['secret', []],
    ['leekse', []],
    ['\u0301\u0301', []],
    ['$.*', []],
    ['\u{10ffff}\u{10ffff}', []],
  ])('%j: %j', async (prefix, expected) => {
    const found = await suggest(prefix);
    expect(found.sort()).toEqual([...expected].sort());
  });

  it('gives titles, words and tags by turns, words of most posts first, no more than asked for', async () => {
    expect(await suggest('same t')).toEqual(['title Same title', 'title Same title too']);
    expect((await suggest('lee')).slice(0, 3)).toEqual(['title Leek soup', 'term leeks', 'tag Leek Days']);
    expect(await suggest('the', 2)).toEqual(['term thesis']);
    expect(await suggest('wal')).toEqual(['term walnuts', 'term walnut']);
    expect(await suggest('lee', 2)).toHaveLength(2);
  });

  it('says which post has a title', async () => {
    const [first] = await vocabulary.suggest('comunicación h', 10, makeCall());
    expect(first).toEqual({ kind: 'title', text: 'Comunicación hoy', postId: spanish.id });
  });
});

describe('findCorrections', () => {
  const correct = async (words: string[]) =>
    Object.fromEntries(await vocabulary.findCorrections(words, ['en', 'es', 'ja'], makeCall()));

  it('finds what is one edit or swap away, in long words two, and nothing farther', async () => {
    expect(await correct(['laeks', 'leesk', 'infromatoin', 'informtn', 'zzzzz'])).toEqual({
      laeks: 'leeks',
      leesk: 'leeks',
      infromatoin: 'information',
    });
    expect(await correct(['informetoin', 'tehsis', 'lokz', 'x', 'sop'])).toEqual({
      informetoin: 'information',
      tehsis: 'thesis',
      lokz: 'lodz',
      sop: 'soup',
    });
  });

  it('leaves alone what a post has in any form, and never gives a word of unpublished posts', async () => {
    expect(await correct(['leeks', 'informations', 'comunicacion', 'secretword', 'secretwrod'])).toEqual({});
  });

  it('knows a word at once when a post has it', async () => {
    expect(await correct(['thesus'])).toEqual({ thesus: 'thesis' });
    await insertPosts(store, [post('New', 'thesus', { published: false })]);
    expect(await correct(['thesus'])).toEqual({});
  });
});

describe('the statistics', () => {
  it('tell how many posts have a term, and how long posts are', async () => {
    const figures = await statistics.read(['leek', 'inform', 'nothing'], makeCall());
    expect(figures.posts).toBe(posts.length);
    expect([...figures.frequencies]).toEqual([
      ['leek', 2],
      ['inform', 2],
      ['nothing', 0],
    ]);
    expect(figures.averageTitleLength).toBeGreaterThan(1);
    expect(figures.averageContentLength).toBeGreaterThan(1);
    expect((await statistics.read(['leek', 'secretword'], makeCall())).frequencies.get('secretword')).toBe(1);
  });

  it.each([
    ['runn', ['run', 'runner']],
    ['LEEK', ['leek', 'leekag', 'leekeri']],
    ['comunicacio', ['comun', 'comunicacion']],
    ['r', ['run', 'runner']],
    ['東', ['東京']],
    ['zz', []],
    ['', []],
  ])('expand %j to the terms of words that begin so: %j', async (prefix, expected) => {
    const { terms, isCut } = await statistics.expandPrefix(prefix, 10, makeCall());
    expect(isCut).toBe(false);
    for (const term of expected) expect(terms).toContain(term);
    if (expected.length === 0) expect(terms).toEqual([]);
  });

  it('expand to no more than asked for, and say whether there is more', async () => {
    const { terms, isCut } = await statistics.expandPrefix('t', 2, makeCall());
    expect(terms).toHaveLength(2);
    expect(isCut).toBe(true);
  });
});

describe('a query of very many words', () => {
  /** Up to 2,000 characters of words that no post has. */
  const fill = (make: (index: number) => string) => {
    const words = Array.from({ length: 999 }, (_, index) => make(index));
    return words.reduce((text, word) => (text.length + word.length < 2_000 ? `${text} ${word}` : text), '');
  };
  const short = (index: number) => `q${index.toString(36)}`;
  const long = (index: number) => `${'qwxz'.repeat(7)}${index.toString(36)}`;

  it.each([
    ['short words', fill(short), 'any'],
    ['long words', fill(long), 'any'],
    ['words that are all required', fill(short), 'all'],
    ['beginnings', fill((index) => `${short(index)}*`), 'any'],
    ['beginnings to leave out', `leek ${fill((index) => `-${short(index)}*`)}`, 'any'],
    ['phrases', fill((index) => `"${short(index)}"`), 'any'],
  ] as const)('costs a bounded number of statements, few at once: %s', async (_, text, matching) => {
    const client = new MongoClient(url, { monitorCommands: true });
    await using searched = createMongoStore(client);
    await searched.probe(AbortSignal.timeout(5_000));
    let [statements, running, most] = [0, 0, 0];
    client.on('commandStarted', () => {
      statements += 1;
      running += 1;
      most = Math.max(most, running);
    });
    for (const over of ['commandSucceeded', 'commandFailed'] as const) {
      client.on(over, () => {
        running -= 1;
      });
    }
    const order = { field: 'relevance', descending: true } as const;
    const subject = { text: text.trim(), filter: { published: true }, matching, order };
    const prepared = await searched.search.prepare(subject, makeCall());
    const words = listQueryWords(parseQuery(subject.text));
    await Promise.all([
      prepared.findHits({ after: undefined, limit: 100 }),
      prepared.count(),
      searched.vocabulary.findCorrections(words, prepared.basis.languages, makeCall()),
    ]);
    expect(statements).toBeLessThanOrEqual(120);
    expect(most).toBeLessThanOrEqual(20);
  });
});

it('a query of two words finds its hits by one statement', async () => {
  const client = new MongoClient(url, { monitorCommands: true });
  await using searched = createMongoStore(client);
  const aggregations: string[] = [];
  client.on('commandStarted', ({ commandName, command }) => {
    if (commandName === 'aggregate') aggregations.push(command.aggregate);
  });
  const order = { field: 'relevance', descending: true } as const;
  const subject = { text: 'leek soup', filter: { published: true }, matching: 'any', order } as const;
  const find = async () =>
    (await searched.search.prepare(subject, makeCall())).findHits({ after: undefined, limit: 10 });
  // The first time it is asked how the server walks, and nothing is known of languages.
  const { hits } = await find();
  expect(hits.length).toBeGreaterThan(1);
  aggregations.splice(0);
  expect((await find()).hits).toEqual(hits);
  expect(aggregations).toEqual(['posts']);
});

describe('a beginning that very many words have', () => {
  it('gives the commonest, and reads no more than some', async () => {
    const many = (letter: string) => Array.from({ length: 1_100 }, (_, number) => `quartz${letter}${number}`).join(' ');
    await insertPosts(store, [
      post('Many', many('a')),
      post('More', many('b')),
      post('One', 'quartzzz'),
      post('Two', 'quartzzz'),
    ]);
    await refreshStatistics(direct);
    const words = openStatistics(direct);
    const { generation = 0 } = (await readCountsNow(words, 1_000)) ?? {};
    await direct.db().command({ profile: 2 });
    const found = await findEntries(words, { kind: 'word', start: 'quartz', limit: 5, generation }, makeCall());
    await direct.db().command({ profile: 0 });
    expect(found.map(({ _id }) => withoutMark(_id))[0]).toBe('wquartzzz');
    expect(found).toHaveLength(5);
    const reads = await direct.db().collection('system.profile').find({ ns: words.entries.namespace }).toArray();
    expect(reads.length).toBeGreaterThan(0);
    for (const { docsExamined } of reads) expect(docsExamined).toBeLessThanOrEqual(maxLooked);
  });
});
