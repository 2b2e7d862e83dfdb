import type { Collection, Document, Filter } from 'mongodb';
import { boundsOf, timeLeft } from './mongo-bounds.ts';
import { translating } from './mongo-errors.ts';
import type { PostDocument } from './mongo-post-document.ts';
import type { CandidateDocument, CandidateProjection } from './mongo-search-judge.ts';
import type { StoreCall } from './store.ts';

/** One word's posts, under a filter. */
export interface TermWalk {
  readonly term: string;
  readonly match: Filter<PostDocument>;
  readonly projection: CandidateProjection;
  readonly limit: number;
}

/** Reads posts that have a term, those first in whose text it weighs most. */
export type ReadTerm = (walk: TermWalk, call: StoreCall) => Promise<CandidateDocument[]>;

/** The statement of a walk: asked for no score, the server follows the term's index entries in falling weight. */
export function walkSpec({ term, match }: Pick<TermWalk, 'term' | 'match'>): Filter<PostDocument> {
  return { ...match, $text: { $search: term, $language: 'none' } };
}

/**
 * That the server walks one word's entries in order of weight is how it behaves, not what its manual promises. So its
 * plan is looked at once; where it is another, posts are sorted by weight, which reads all of them.
 */
export function createTermReader(posts: Collection<PostDocument>): ReadTerm {
  let walksInOrder: Promise<boolean> | undefined;
  const looksInOrder = async (call: StoreCall): Promise<boolean> => {
    walksInOrder ??= explainsWalk(posts, call);
    try {
      return await walksInOrder;
    } catch (error) {
      walksInOrder = undefined;
      throw error;
    }
  };
  return async (walk, call) => {
    const inOrder = await looksInOrder(call);
    return translating(() => readWalk(posts, { walk, inOrder, call }));
  };
}

export async function readWalk(
  posts: Collection<PostDocument>,
  { walk, inOrder, call }: { walk: TermWalk; inOrder: boolean; call: StoreCall },
): Promise<CandidateDocument[]> {
  const { limit } = walk;
  const sorted = inOrder ? {} : { sort: { weight: { $meta: 'textScore' } } as const };
  const projection = inOrder ? walk.projection : { ...walk.projection, weight: { $meta: 'textScore' } };
  return posts
    .find<CandidateDocument>(walkSpec(walk), { ...boundsOf(call), ...sorted, projection, limit, batchSize: limit })
    .toArray();
}

async function explainsWalk(posts: Collection<PostDocument>, call: StoreCall): Promise<boolean> {
  return translating(async () => {
    const plan = await posts
      .find(walkSpec({ term: 'word', match: {} }), { ...timeLeft(call), projection: { vector: 1 }, limit: 10 })
      .explain('queryPlanner');
    return isOrderedWalk(plan.queryPlanner.winningPlan);
  });
}

/** Whether a plan reads one index backward, which is by falling weight, and sorts and merges nothing. */
export function isOrderedWalk(plan: Document): boolean {
  const stages = listStages(plan);
  const names = stages.map(({ stage }) => stage);
  const scan = stages.find(({ stage }) => stage === 'IXSCAN');
  return scan?.direction === 'backward' && !names.some((name) => ['SORT', 'TEXT_OR', 'COLLSCAN', 'OR'].includes(name));
}

function listStages(plan: Document): Document[] {
  const stage = plan.queryPlan ?? plan;
  const inner: Document[] = [stage.inputStage, ...(stage.inputStages ?? [])].filter((input) => input !== undefined);
  return [stage, ...inner.flatMap(listStages)];
}
