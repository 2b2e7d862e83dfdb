import type { Collection, Document, Filter } from 'mongodb';
import type { ReadJointly } from './joint-reads.ts';
import { timeLeft } from './mongo-bounds.ts';
import { translating } from './mongo-errors.ts';
import type { PostDocument } from './mongo-post-document.ts';
import { type CandidateDocument, type CandidateProjection, readCandidate } from './mongo-search-candidate.ts';
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

/** What a walk finds: asked for no score, the server follows the term's index entries in falling weight. */
export function matchTerm({ term, match }: Pick<TermWalk, 'term' | 'match'>): Filter<PostDocument> {
  return { ...match, $text: { $search: term, $language: 'none' } };
}

/** A walk as stages of a statement; one that is not in order sorts by weight. */
export function walkStages(walk: TermWalk, { inOrder }: { inOrder: boolean }): Document[] {
  const sorted = inOrder ? [] : [{ $sort: { weight: { $meta: 'textScore' } } }];
  return [{ $match: matchTerm(walk) }, ...sorted, { $limit: walk.limit }, { $project: walk.projection }];
}

/**
 * That the server walks one word's entries in order of weight is how it behaves, not what its manual promises. So its
 * plan is looked at once; where it is another, posts are sorted by weight, which reads all of them.
 */
export function createTermReader(posts: Collection<PostDocument>, readJointly: ReadJointly): ReadTerm {
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
    const pipeline = walkStages(walk, { inOrder: await looksInOrder(call) });
    const read = { collection: posts.collectionName, pipeline, limit: walk.limit };
    return (await readJointly(read, call)).map(readCandidate);
  };
}

async function explainsWalk(posts: Collection<PostDocument>, call: StoreCall): Promise<boolean> {
  return translating(async () => {
    const walk = { term: 'word', match: {}, projection: { vector: 1 }, limit: 10 } as const;
    const plan = await posts.aggregate(walkStages(walk, { inOrder: true }), timeLeft(call)).explain('queryPlanner');
    return isOrderedWalk(plan.queryPlanner?.winningPlan ?? {});
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
