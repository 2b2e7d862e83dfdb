import type { CollectionQuery } from './collection.ts';

/** How good a ranking is, each between 0 and 1. */
export interface Measures {
  /** Linear gain, discounted by log2 of the place. */
  readonly ndcg10: number;
  /** Average precision over the first 100. */
  readonly map: number;
  readonly recall100: number;
}

/** Document ids, best first. */
export type Ranking = (query: CollectionQuery) => Promise<readonly string[]>;

/** The mean over the queries. */
export async function measureRanking(queries: readonly CollectionQuery[], rank: Ranking): Promise<Measures> {
  const sum = { ndcg10: 0, map: 0, recall100: 0 };
  for (const query of queries) {
    const { ndcg10, map, recall100 } = measureOne(await rank(query), query.grades);
    sum.ndcg10 += ndcg10;
    sum.map += map;
    sum.recall100 += recall100;
  }
  const mean = (value: number) => value / Math.max(1, queries.length);
  return { ndcg10: mean(sum.ndcg10), map: mean(sum.map), recall100: mean(sum.recall100) };
}

export function measureOne(ranked: readonly string[], grades: ReadonlyMap<string, number>): Measures {
  const gains = ranked.slice(0, 100).map((id) => grades.get(id) ?? 0);
  const ideal = [...grades.values()].sort((a, b) => b - a);
  const relevant = ideal.filter((grade) => grade > 0).length;
  let [hits, precision] = [0, 0];
  for (const [index, gain] of gains.entries()) {
    if (gain <= 0) continue;
    hits += 1;
    precision += hits / (index + 1);
  }
  return { ndcg10: sumDiscounted(gains) / sumDiscounted(ideal), map: precision / relevant, recall100: hits / relevant };
}

function sumDiscounted(gains: readonly number[]): number {
  return gains.slice(0, 10).reduce((sum, gain, index) => sum + gain / Math.log2(index + 2), 0);
}
