import type { Knex } from 'knex';
import {
  type MatchKind,
  matchKinds,
  rankOf,
  rankPerKind,
  type SearchPosition,
  type UserHit,
} from '../domain/user-search.ts';
import type { Session } from './postgres-lease.ts';
import type { ReadSource } from './replica-reads.ts';
import {
  forEachKind,
  isCommon,
  maxRanked,
  type SearchEstimate,
  toIndexQuery,
  toPattern,
  toPatterns,
} from './search-estimate.ts';
import type { StoreCall, UserSearchPage, UserSearchQuery, UserSearchSubject } from './store.ts';
import { applyUserFilter } from './user-page.ts';
import { toUser, type UserRow, userColumns } from './user-row.ts';

/** Some 1,500 users: enough to tell the words that one in a hundred has. */
const sampledPages = 32;
/** The longest words of a query are likely to be the rarest. */
const maxSampledWords = 16;
/** As the index has it. */
const wordsVector = `array_to_tsvector(string_to_array(btrim(search_text), ' '))`;

/**
 * The next hits of a search, best first. What it costs is bounded by the sample and by what is rare, not by how many
 * users match: those of a broad query are gone through by id, which fills a page soon just because they are many.
 */
export async function searchUsers(
  source: ReadSource,
  query: UserSearchQuery,
  call: StoreCall,
): Promise<UserSearchPage> {
  if (query.words.length === 0) return { hits: [], next: undefined };
  return await source.lease(call, async (session) => {
    const estimate = await estimateSearch(session, query);
    const broad = query.after?.broad ?? isCommon(estimate, 'start');
    const hits = broad ? undefined : await findRanked(session, query, estimate);
    return hits === undefined
      ? toPage(await findBroad(session, query, estimate), { broad: true, limit: query.limit })
      : toPage(hits, { broad: false, limit: query.limit });
  });
}

/** How many users match. */
export async function countFound(source: ReadSource, subject: UserSearchSubject, call: StoreCall): Promise<bigint> {
  if (subject.words.length === 0) return 0n;
  const rows = await source.lease(call, async (session) => {
    const estimate = await estimateSearch(session, subject);
    const query = selectMatches(session.knex, { subject, kind: 'start', estimate });
    return await session.run<{ count: string }[]>(
      'users_search_count',
      query.select(session.knex.raw('count(*)::text')),
    );
  });
  return BigInt(rows[0]?.count ?? 0);
}

function toPage(hits: UserHit[], { broad, limit }: { broad: boolean; limit: number }): UserSearchPage {
  const page = hits.slice(0, limit);
  const last = page.at(-1);
  if (hits.length <= limit || last === undefined) return { hits: page, next: undefined };
  return { hits: page, next: { broad, rank: last.rank, id: last.user.id } };
}

interface SampleRow {
  readonly matches: number[];
  readonly terms: number[];
  /** How many users stand for each sampled one. */
  readonly scale: number;
}

async function estimateSearch(session: Session, subject: UserSearchSubject): Promise<SearchEstimate> {
  const sampled = subject.words.toSorted((a, b) => b.length - a.length).slice(0, maxSampledWords);
  const query = buildSample(session.knex, subject, sampled);
  const [row] = await session.run<SampleRow[]>('users_search_sample', query);
  const { matches = [], terms = [], scale = 0 } = row ?? {};
  const estimateOf = (counts: readonly number[], index: number) => (counts[index] ?? 0) * scale;
  return {
    matches: forEachKind((_, index) => estimateOf(matches, index)),
    terms: new Map(
      sampled.map((word, place) => [
        word,
        forEachKind((_, index) => estimateOf(terms, place * matchKinds.length + index)),
      ]),
    ),
  };
}

/** Whole pages of the table, always the same ones while it does not grow, so that a search looks the same twice. */
function buildSample(knex: Knex, { words, filter }: UserSearchSubject, sampled: readonly string[]): Knex.QueryBuilder {
  const kept = knex('sample').select('search_text');
  applyUserFilter(kept, filter);
  const patterns = sampled.flatMap((word) => matchKinds.map((kind) => toPattern(word, kind)));
  const counts = matchKinds.map(() => 'count(*) FILTER (WHERE search_text LIKE ALL (?::text[]))').join(', ');
  return knex
    .withMaterialized(
      'sample',
      knex.raw(
        `SELECT search_text, is_active, create_time, name_folded FROM users
         TABLESAMPLE SYSTEM ((SELECT 100 / scale FROM (${sampleScale}) AS s)) REPEATABLE (0)`,
        [sampledPages],
      ),
    )
    .with('kept', kept)
    .select(
      knex.raw(
        `(SELECT ARRAY[${counts}]::int[] FROM kept) AS matches`,
        matchKinds.map((kind) => toPatterns(words, kind)),
      ),
      knex.raw(
        `ARRAY(SELECT (SELECT count(*) FROM sample WHERE search_text LIKE pattern)::int
           FROM unnest(?::text[]) WITH ORDINALITY AS t(pattern, place) ORDER BY place) AS terms`,
        [patterns],
      ),
      knex.raw(`(${sampleScale})`, [sampledPages]),
    );
}

const sampleScale = `SELECT greatest(1, pg_relation_size('users')::float8 / 8192 / ?) AS scale`;

interface Matches {
  readonly subject: UserSearchSubject;
  readonly kind: MatchKind;
  /** Undefined: the index of words is not asked. */
  readonly estimate: SearchEstimate | undefined;
}

/** The users that match in this way, or in a better one. */
function selectMatches(knex: Knex, { subject, kind, estimate }: Matches): Knex.QueryBuilder {
  const query = knex('users');
  if (estimate !== undefined) query.whereRaw(`${wordsVector} @@ ?::tsquery`, [toIndexQuery(estimate, kind)]);
  query.whereRaw('search_text LIKE ALL (?::text[])', [toPatterns(subject.words, kind)]);
  applyUserFilter(query, subject.filter);
  return query;
}

type HitRow = UserRow & { readonly rank: number; readonly found: number };

/** Undefined: there are more than can be ranked. Later pages go on however many have come since the first. */
async function findRanked(
  session: Session,
  query: UserSearchQuery,
  estimate: SearchEstimate,
): Promise<UserHit[] | undefined> {
  const rows = await session.run<HitRow[]>('users_search', buildRanked(session.knex, query, estimate));
  if (query.after === undefined && (rows[0]?.found ?? 0) > maxRanked) return undefined;
  return rows.map((row) => ({ user: toUser(row), rank: row.rank }));
}

/** The matches are fetched first, whatever the planner thinks of their number: nothing but the index finds them. */
export function buildRanked(
  knex: Knex,
  { words, filter, after, limit }: UserSearchQuery,
  estimate: SearchEstimate,
): Knex.QueryBuilder {
  const found = selectMatches(knex, { subject: { words, filter }, kind: 'start', estimate }).select(
    'id',
    'search_text',
  );
  if (after === undefined) found.limit(maxRanked + 1);
  const top = knex('ranked')
    .select('id', 'rank')
    .orderBy([{ column: 'rank', order: 'desc' }, { column: 'id' }])
    .limit(limit + 1);
  if (after !== undefined) top.whereRaw('(-rank, id) > (?::int, ?::uuid)', [-after.rank, after.id]);
  return knex
    .withMaterialized('found', found)
    .with('ranked', knex('found').select('id', rankExpression(knex, words)))
    .with('top', top)
    .from('top')
    .join('users', 'users.id', 'top.id')
    .select(knex.raw(userColumns), 'top.rank', knex.raw('(SELECT count(*) FROM found)::int AS found'))
    .orderBy([{ column: 'top.rank', order: 'desc' }, { column: 'top.id' }]);
}

function rankExpression(knex: Knex, words: readonly string[]): Knex.Raw {
  const better = matchKinds.slice(0, -1);
  const cases = better.map((kind) => `WHEN search_text LIKE ALL (?::text[]) THEN ${rankOf(kind)}`).join(' ');
  const meanPlace = `
    SELECT sum(coalesce(nullif(strpos(search_text, ' n' || word), 0), strpos(search_text, ' e' || word))) / count(*)
    FROM unnest(?::text[]) AS w(word)`;
  const lastPlace = rankPerKind - 1;
  return knex.raw(
    `(CASE ${cases} ELSE ${rankOf('start')} END + ${lastPlace} - least(${lastPlace}, (${meanPlace})))::int AS rank`,
    [...better.map((kind) => toPatterns(words, kind)), [...words]],
  );
}

/** One kind after the other, each by id. */
async function findBroad(session: Session, query: UserSearchQuery, estimate: SearchEstimate): Promise<UserHit[]> {
  const hits: UserHit[] = [];
  for (const kind of matchKinds) {
    const rank = rankOf(kind);
    if (query.after !== undefined && rank > query.after.rank) continue;
    const afterId = query.after?.rank === rank ? query.after.id : undefined;
    const page = { kind, afterId, limit: query.limit + 1 - hits.length };
    const rows = await session.run<UserRow[]>(
      'users_search_broad',
      buildBroad(session.knex, query, { ...page, estimate }),
    );
    hits.push(...rows.map((row) => ({ user: toUser(row), rank })));
    if (hits.length > query.limit) break;
  }
  return hits;
}

interface BroadPage {
  readonly kind: MatchKind;
  readonly afterId: SearchPosition['id'] | undefined;
  readonly limit: number;
  readonly estimate: SearchEstimate;
}

/** Those of this kind and of no better one: by id until the page is full, or sorted where the index tells the few. */
export function buildBroad(
  knex: Knex,
  subject: UserSearchSubject,
  { kind, afterId, limit, estimate }: BroadPage,
): Knex.QueryBuilder {
  const common = isCommon(estimate, kind);
  const found = selectMatches(knex, { subject, kind, estimate: common ? undefined : estimate });
  for (const better of matchKinds.slice(0, matchKinds.indexOf(kind))) {
    found.whereRaw('NOT search_text LIKE ALL (?::text[])', [toPatterns(subject.words, better)]);
  }
  if (afterId !== undefined) found.whereRaw('users.id > ?::uuid', [afterId]);
  const columns = knex.raw(userColumns);
  if (common) return found.select(columns).orderBy('users.id').limit(limit);
  return knex
    .withMaterialized('found', found.select('id'))
    .from('users')
    .whereRaw('users.id = ANY (ARRAY(SELECT id FROM found ORDER BY id LIMIT ?))', [limit])
    .select(columns)
    .orderBy('users.id');
}
