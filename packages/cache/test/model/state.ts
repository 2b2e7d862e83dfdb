import type { BreakerState } from '../../src/breaker.ts';
import type { Outcome } from '../../src/protocol.ts';
import type { Command, Reply } from './model-redis.ts';
import type { Model } from './rules.ts';

/** No value, no lease. */
export const none = -1;

/** The keys of the entity in Redis: which state of the row the value shows, and in which version of the schema. */
export interface Entry {
  value: number;
  schema: number;
  /** The reader whose token it is. */
  lease: number;
  /** The writers in the set, a bit each; their number, for the tooth that counts them. */
  writers: number;
}

export interface Reader {
  step: 'look' | 'lease' | 'load' | 'fill' | 'look again' | 'done' | 'killed';
  /** The newest state that was acknowledged when the read began: what it must not fall behind. */
  floor: number;
  /** The state that it read. */
  seen: number;
  fills: boolean;
}

export interface Writer {
  step: 'mark' | 'commit' | 'settle' | 'record' | 'reply' | 'repeat' | 'done' | 'killed';
  marked: boolean;
  settled: boolean;
  outcome: Outcome | 'open';
  /** COMMIT was sent and not answered, and may take effect. */
  underWay: boolean;
  /** The state of the row that it made; 0 while it made none. */
  version: number;
  /** Its invalidations on record. */
  records: number;
}

/** A command that its sender has given up, and Redis may still execute. */
export interface LateCommand {
  readonly name: 'lease' | 'fill' | 'mark' | 'settle' | 'invalidate';
  readonly actor: number;
  /** The state that a fill carries. */
  readonly carried: number;
}

/** What happened in Redis at one move: a command that it executed, or keys that went by themselves. */
export type Effect =
  | { readonly command: Command; readonly reply: Reply }
  | { readonly gone: 'value' | 'lease' | 'writers' }
  | { readonly expired: number };

export interface State {
  /** What the last move did in Redis. States are the same whatever it is. */
  effects: Effect[];
  /** The row: how often it was changed. */
  row: number;
  acknowledged: number;
  faultsLeft: number;
  stopped: boolean;
  /** One a process; actor n lives in process n. `prepared`: what was on record has been carried out. */
  breakers: (BreakerState | 'prepared')[];
  /** One, or one for each version of the schema when that is in the key. */
  entries: Entry[];
  readers: Reader[];
  writers: Writer[];
  late: LateCommand[];
}

/** The states in which schedules begin: the row as it was first, cached in the schema of the old release, or not cached. */
export function firstStates(model: Model): State[] {
  return [0, none].map((value) => firstState(model, value));
}

function firstState({ readers, writers, fault, tooth }: Model, value: number): State {
  const entry = { value: none, schema: 0, lease: none, writers: 0 };
  return {
    effects: [],
    row: 0,
    acknowledged: 0,
    faultsLeft: fault === undefined ? 0 : 1,
    stopped: false,
    breakers: Array.from({ length: Math.max(readers, writers) }, () => 'all' as const),
    entries: [{ ...entry, value }, ...(tooth === 'the schema version is in the key' ? [{ ...entry, schema: 1 }] : [])],
    readers: Array.from({ length: readers }, () => ({ step: 'look' as const, floor: 0, seen: none, fills: false })),
    writers: Array.from({ length: writers }, () => ({
      step: 'mark' as const,
      marked: false,
      settled: false,
      outcome: 'open' as const,
      underWay: false,
      version: 0,
      records: 0,
    })),
    late: [],
  };
}

export function copyState(state: State): State {
  return {
    ...state,
    effects: [],
    breakers: [...state.breakers],
    entries: state.entries.map((entry) => ({ ...entry })),
    readers: state.readers.map((reader) => ({ ...reader })),
    writers: state.writers.map((writer) => ({ ...writer })),
    late: [...state.late],
  };
}

/** The same for states that cannot be told apart by what may follow. */
export function keyOf(state: State): string {
  let key = `${state.row},${state.acknowledged},${state.faultsLeft},${state.stopped ? 1 : 0},${state.breakers}`;
  for (const { value, schema, lease, writers } of state.entries) key += `|${value},${schema},${lease},${writers}`;
  for (const { step, floor, seen, fills } of state.readers) {
    const isOver = step === 'done' || step === 'killed';
    // Of one who has answered it matters only whether that was right.
    key += isOver ? `|${seen < floor ? 'old' : ''}` : `|${step},${floor},${seen},${fills ? 1 : 0}`;
  }
  for (const { step, marked, settled, outcome, underWay, version, records } of state.writers) {
    key += `|${step},${records}`;
    // Of one who has replied nothing else matters any more.
    if (step !== 'done' || outcome === 'unknown') {
      key += `,${marked ? 1 : 0}${settled ? 1 : 0}${underWay ? 1 : 0},${outcome},${version}`;
    }
  }
  for (const { name, actor, carried } of state.late) key += `|${name},${actor},${carried}`;
  return key;
}
