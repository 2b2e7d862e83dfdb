import { type Command, execute, removeWriter } from './model-redis.ts';
import { faultKinds, type Model } from './rules.ts';
import { failed, type Move, mayFail } from './send.ts';
import { copyState, type Effect, type Entry, type LateCommand, none, type State, type Writer } from './state.ts';

/** What can happen without an actor. */
export function worldMoves(model: Model, state: State): Move[] {
  return [
    ...lateMoves(model, state),
    ...expiryMoves(model, state),
    ...recordMoves(model, state),
    ...lossMoves(model, state),
    ...killMoves(model, state),
    ...outageMoves(model, state),
  ];
}

function lateMoves(model: Model, state: State): Move[] {
  if (state.stopped) return [];
  return state.late.map((late, at) => {
    const next = copyState(state);
    next.late.splice(at, 1);
    execute(model, next, toCommand(late));
    return { label: `late: ${late.name} of ${late.actor}`, next };
  });
}

function toCommand({ name, actor, carried }: LateCommand): Command {
  return name === 'fill' ? { name, actor, carried } : { name, actor };
}

/** Marks expire by themselves only after their transaction is surely over, leases of those who still read only as a fault. */
function expiryMoves(model: Model, state: State): Move[] {
  const moves: Move[] = [];
  for (const [index, entry] of state.entries.entries()) {
    for (const [number, writer] of state.writers.entries()) {
      const isMarked = (entry.writers & (1 << number)) !== 0;
      const isFault = !isOver(writer) && mayFail(model, state, 'a mark expires');
      if (!isMarked || !(isOver(writer) || isFault)) continue;
      const change = (changed: Entry) => removeWriter(model, changed, number);
      const label = `mark of writer ${number} expires`;
      moves.push(entryMove(isFault ? failed(state) : state, { index, label, effect: { expired: number }, change }));
    }
    const reader = state.readers[entry.lease];
    if (reader === undefined) continue;
    const isFault = reader.step !== 'done' && reader.step !== 'killed';
    if (isFault && !mayFail(model, state, 'a lease expires')) continue;
    moves.push(entryMove(isFault ? failed(state) : state, { index, label: 'lease expires', ...losses.lease }));
  }
  return moves;
}

function isOver({ step, underWay }: Writer): boolean {
  return (step === 'done' || step === 'killed' || step === 'repeat') && !underWay;
}

/** A job carries out what is on record, once the transaction is surely over, by any process that Redis answers. */
function recordMoves(model: Model, state: State): Move[] {
  if (state.stopped || state.breakers.every((breaker) => breaker === 'nothing')) return [];
  return state.writers.flatMap(({ records, underWay }, number) => {
    if (records === 0 || underWay) return [];
    const next = copyState(state);
    carryOut(model, next, number);
    return [{ label: `job: invalidate for writer ${number}`, next }];
  });
}

function carryOut(model: Model, next: State, number: number): void {
  const writer = next.writers[number];
  if (writer === undefined || writer.records === 0) return;
  writer.records = 0;
  execute(model, next, { name: 'invalidate', actor: number });
}

const losses = {
  value: { effect: { gone: 'value' }, change: (entry) => Object.assign(entry, { value: none }) },
  lease: { effect: { gone: 'lease' }, change: (entry) => Object.assign(entry, { lease: none }) },
  writers: { effect: { gone: 'writers' }, change: (entry) => Object.assign(entry, { writers: 0 }) },
} as const satisfies Record<string, Pick<EntryMove, 'effect' | 'change'>>;

function lossMoves(model: Model, state: State): Move[] {
  if (mayFail(model, state, 'Redis is flushed or restarts empty')) {
    const next = failed(state);
    for (const { effect, change } of Object.values(losses)) {
      next.effects.push(effect);
      next.entries.forEach(change);
    }
    return [{ label: 'FLUSHALL', next }];
  }
  if (!mayFail(model, state, 'a key is evicted')) return [];
  return [...state.entries.keys()].flatMap((index) =>
    Object.entries(losses).map(([what, loss]) =>
      entryMove(failed(state), { index, label: `${what} EVICTED`, ...loss }),
    ),
  );
}

function killMoves(model: Model, state: State): Move[] {
  const moves: Move[] = [];
  const kill = (kind: 'readers' | 'writers', index: number) => {
    const next = failed(state);
    Object.assign(next[kind][index] ?? {}, { step: 'killed' });
    moves.push({ label: `${kind} ${index}: KILLED`, next });
  };
  if (mayFail(model, state, 'a reader is killed')) {
    for (const [index, { step }] of state.readers.entries()) if (step !== 'done') kill('readers', index);
  }
  if (mayFail(model, state, 'a writer is killed')) {
    for (const [index, { step }] of state.writers.entries()) if (step !== 'done') kill('writers', index);
  }
  return moves;
}

interface EntryMove {
  readonly index: number;
  readonly label: string;
  readonly effect: Effect;
  readonly change: (entry: Entry) => unknown;
}

function entryMove(state: State, { index, label, effect, change }: EntryMove): Move {
  const next = copyState(state);
  const entry = next.entries[index];
  if (entry !== undefined) change(entry);
  next.effects.push(effect);
  return { label, next };
}

/** Redis is stopped, keeps what it holds and what is sent to it, and continues; each process notices both in its own time. */
function outageMoves(model: Model, state: State): Move[] {
  if (model.fault !== faultKinds.at(-1)) return [];
  const moves: Move[] = [];
  if (mayFail(model, state, 'Redis is stopped and continued')) {
    moves.push({ label: 'Redis STOPS', next: { ...failed(state), stopped: true } });
  }
  if (state.stopped) moves.push({ label: 'Redis continues', next: { ...copyState(state), stopped: false } });
  for (const process of state.breakers.keys()) moves.push(...breakerMoves(model, state, process));
  return moves;
}

function breakerMoves(model: Model, state: State, process: number): Move[] {
  const breaker = state.breakers[process];
  const become = (next: State['breakers'][number], change: (state: State) => void = () => {}) => {
    const changed = copyState(state);
    changed.breakers[process] = next;
    change(changed);
    return [{ label: `breaker of ${process}: ${next}`, next: changed }];
  };
  if (state.stopped) return breaker === 'nothing' ? [] : become('nothing');
  const everyoneFoundIt =
    !state.breakers.includes('nothing') || model.tooth === 'reads resume before every process has found Redis';
  switch (breaker) {
    case 'nothing':
      return become(model.tooth === 'the breaker closes in one step' ? 'all' : 'writes');
    case 'writes':
      if (!everyoneFoundIt) return [];
      if (model.tooth === 'reads resume before what is on record was carried out') return become('all');
      return become('prepared', (next) => {
        for (const number of next.writers.keys()) carryOut(model, next, number);
      });
    case 'prepared':
      return become('all');
    default:
      return [];
  }
}
