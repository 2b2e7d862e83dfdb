import type { CallBounds } from '@tandem/rpc';
import DataLoader from 'dataloader';
import { BSON, type Db, type Document } from 'mongodb';
import { mapInLanes } from './map-in-lanes.ts';
import { boundsOf } from './mongo-bounds.ts';
import { translating } from './mongo-errors.ts';

/** A read of a call that may share its statement with others. */
export interface JointRead {
  readonly collection: string;
  readonly pipeline: readonly Document[];
  /** How many documents it brings at most. */
  readonly limit: number;
}

/**
 * Reads, and brings the documents as the bytes that they came as: to be looked at at once, as each keeps the whole reply
 * in memory.
 */
export type ReadJointly = (read: JointRead, call: CallBounds) => Promise<readonly Buffer[]>;

/** One statement brings no more, as its reads come one after the other: those of two words, and what is little. */
const maxDocuments = 900;
/** A search of many words leaves connections to others. */
const statementsAtOnce = 8;
/** Parts the documents of one read from those of the next. */
const end = Buffer.from(BSON.serialize({ end: true }));
const parting = { $unionWith: { pipeline: [{ $documents: [{ end: true }] }] } };

/**
 * What a call reads in one turn of the event loop goes to the database together: a statement costs both sides more than
 * most of what is asked for.
 */
export function createJointReader(db: Db): ReadJointly {
  const loaders = new WeakMap<CallBounds, DataLoader<JointRead, readonly Buffer[]>>();
  return (read, call) => {
    const loader = loaders.get(call) ?? createLoader(db, call);
    loaders.set(call, loader);
    return loader.load(read);
  };
}

function createLoader(db: Db, call: CallBounds): DataLoader<JointRead, readonly Buffer[]> {
  const load = async (reads: readonly JointRead[]) => {
    const map = (together: readonly JointRead[]) => translating(() => readTogether(db, together, call));
    return (await mapInLanes(groupReads(reads), { lanes: statementsAtOnce, map })).flat();
  };
  return new DataLoader(load, { cache: false, batchScheduleFn: (dispatch) => void setImmediate(dispatch) });
}

function groupReads(reads: readonly JointRead[]): JointRead[][] {
  const groups: JointRead[][] = [];
  let documents = Number.POSITIVE_INFINITY;
  for (const read of reads) {
    documents += read.limit;
    const last = groups.at(-1);
    if (last !== undefined && documents <= maxDocuments) last.push(read);
    else {
      groups.push([read]);
      documents = read.limit;
    }
  }
  return groups;
}

async function readTogether(db: Db, reads: readonly JointRead[], call: CallBounds): Promise<Buffer[][]> {
  const [first, ...others] = reads;
  if (first === undefined) return [];
  const pipeline = [
    ...first.pipeline,
    ...others.flatMap((read) => [parting, { $unionWith: { coll: read.collection, pipeline: [...read.pipeline] } }]),
  ];
  // All by the first reply: the server keeps a cursor for who takes as many as there are.
  const batchSize = reads.reduce((sum, { limit }) => sum + limit + 1, 1);
  const options = { ...boundsOf(call), raw: true, batchSize };
  const parts: Buffer[][] = [[]];
  for (const document of await db.collection(first.collection).aggregate<Buffer>(pipeline, options).toArray()) {
    if (end.equals(document)) parts.push([]);
    else parts.at(-1)?.push(document);
  }
  return parts;
}
