import { readerMoves } from './reader-moves.ts';
import type { Model } from './rules.ts';
import type { Move } from './send.ts';
import { firstStates, keyOf, none, type State } from './state.ts';
import { worldMoves } from './world-moves.ts';
import { writerMoves } from './writer-moves.ts';

/** What came of an exploration. */
export interface Exploration {
  /** Different states that were seen. */
  readonly states: number;
  /** What is wrong at the end of a shortest schedule that makes it so, and the schedule; undefined: nothing ever is. */
  readonly violation: { readonly what: string; readonly schedule: readonly string[] } | undefined;
}

/** How a state was come to. The states themselves are not kept. */
interface Visit {
  readonly label: string;
  readonly from: Visit | undefined;
}

/** Walks through all interleavings, breadth first, each state once; ends at the first violation. */
export function explore(model: Model): Exploration {
  let front = firstStates(model).map((state): [State, Visit] => [state, { label: '', from: undefined }]);
  const seen = new Set(front.map(([state]) => keyOf(state)));
  while (front.length > 0) {
    const following: [State, Visit][] = [];
    for (const [state, visit] of front) {
      const what = violationOf(state);
      if (what !== undefined) return { states: seen.size, violation: { what, schedule: scheduleOf(visit) } };
      for (const { label, next } of movesOf(model, state)) {
        const key = keyOf(next);
        if (seen.has(key)) continue;
        seen.add(key);
        following.push([next, { label, from: visit }]);
      }
    }
    front = following;
  }
  return { states: seen.size, violation: undefined };
}

/** All that can happen next. */
export function movesOf(model: Model, state: State): Move[] {
  return [
    ...state.readers.flatMap((_, index) => readerMoves(model, state, index)),
    ...state.writers.flatMap((_, index) => writerMoves(model, state, index)),
    ...worldMoves(model, state),
  ];
}

/** What is wrong with a state, or undefined. */
export function violationOf(state: State): string | undefined {
  for (const [index, { step, seen, floor }] of state.readers.entries()) {
    if (seen !== none && seen < floor && step !== 'killed') {
      return `reader ${index} got state ${seen}, and ${floor} was acknowledged before it began`;
    }
  }
  const isRead = !state.stopped && state.breakers.includes('all');
  for (const { value } of state.entries) {
    if (value === none) continue;
    if (isRead && value < state.acknowledged) {
      return `a read that begins now gets state ${value}, and ${state.acknowledged} was acknowledged`;
    }
    if (value < state.row && isAtRest(state)) return `state ${value} is cached at rest, and the row's is ${state.row}`;
  }
  return undefined;
}

/** Nothing is under way, and nothing on record. */
function isAtRest({ readers, writers, late }: State): boolean {
  const isOver = ({ step }: { readonly step: string }) => step === 'done' || step === 'killed';
  return (
    late.length === 0 &&
    readers.every(isOver) &&
    writers.every((writer) => isOver(writer) && !writer.underWay && writer.records === 0)
  );
}

function scheduleOf(visit: Visit): string[] {
  const schedule = [];
  for (let at: Visit | undefined = visit; at?.from !== undefined; at = at.from) schedule.unshift(at.label);
  return schedule;
}
