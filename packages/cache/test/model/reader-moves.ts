import { planRead } from '../../src/protocol.ts';
import type { LeaseReply } from '../../src/protocol-driver.ts';
import { type Command, entryOf } from './model-redis.ts';
import type { Model } from './rules.ts';
import { type Change, type Move, type Sent, sendMoves } from './send.ts';
import { copyState, none, type Reader, type State } from './state.ts';

/** What reader `index` can do next. */
export function readerMoves(model: Model, state: State, index: number): Move[] {
  const reader = readerOf(state, index);
  switch (reader.step) {
    case 'look':
      return [...lookMoves(model, state, index), ...joinMoves(model, state, index)];
    case 'lease':
      return leaseMoves(model, state, index);
    case 'load':
      return [move(state, index, 'load', (next) => load(model, next, index))];
    case 'fill':
      return fillMoves(model, state, index);
    case 'look again':
      return commandMoves(model, state, { name: 'look', actor: index }, (next, { reply }) =>
        found(readerOf(next, index), reply, 'load'),
      );
    default:
      return [];
  }
}

export function readerOf(state: State, index: number): Reader {
  const reader = state.readers[index];
  if (reader === undefined) throw new Error(`the model has no reader ${index}`);
  return reader;
}

/** The read begins: from here on it must see what was acknowledged. */
function lookMoves(model: Model, state: State, index: number): Move[] {
  if (state.breakers[index] !== 'all') {
    return [move(state, index, 'may not look', (next) => begin(next, index, 'load'))];
  }
  return commandMoves(model, state, { name: 'look', actor: index }, (next, { reply }) => {
    const reader = begin(next, index, 'look');
    if (reply === undefined) reader.step = 'load';
    else found(reader, reply, model.tooth === 'the database is read before the lease' ? 'load' : 'lease');
  });
}

function begin(state: State, index: number, step: Reader['step']): Reader {
  return Object.assign(readerOf(state, index), { step, floor: state.acknowledged });
}

function found(reader: Reader, reply: Sent['reply'], otherwise: Reader['step']): void {
  if (reply === undefined || reply === none) reader.step = otherwise;
  else Object.assign(reader, { step: 'done', seen: reply });
}

/** Only as a tooth: the answer of a load that another reader has sent, and not heard of yet. */
function joinMoves(model: Model, state: State, index: number): Move[] {
  if (model.tooth !== 'a read joins one already sent') return [];
  const sent = state.readers.filter((reader) => reader.step === 'fill');
  return sent.map(({ seen }) =>
    move(state, index, 'join', (next) => Object.assign(begin(next, index, 'done'), { seen })),
  );
}

function leaseMoves(model: Model, state: State, index: number): Move[] {
  return commandMoves(model, state, { name: 'lease', actor: index }, (next, { reply }) => {
    const reader = readerOf(next, index);
    // As a tooth it has read already.
    const isLate = reader.seen !== none;
    switch (planRead(reply as LeaseReply['kind'] | undefined)) {
      case 'answer':
        Object.assign(reader, { step: 'done', seen: entryOf(model, next, index).value });
        break;
      case 'load-and-fill':
        Object.assign(reader, { step: isLate ? 'fill' : 'load', fills: true });
        break;
      case 'wait-then-load':
        reader.step = isLate ? 'done' : 'look again';
        break;
      case 'load':
        reader.step = isLate ? 'done' : 'load';
    }
  });
}

function load(model: Model, next: State, index: number): void {
  const reader = readerOf(next, index);
  reader.seen = next.row;
  if (reader.fills) reader.step = 'fill';
  else reader.step = model.tooth === 'the database is read before the lease' ? 'lease' : 'done';
}

function fillMoves(model: Model, state: State, index: number): Move[] {
  const command = { name: 'fill', actor: index, carried: readerOf(state, index).seen } as const;
  return commandMoves(model, state, command, (next) => {
    readerOf(next, index).step = 'done';
  });
}

function move(state: State, index: number, what: string, change: (next: State) => unknown): Move {
  const next = copyState(state);
  change(next);
  return { label: `reader ${index}: ${what}`, next };
}

function commandMoves(model: Model, state: State, command: Command, change: Change): Move[] {
  return sendMoves(model, state, { who: 'reader', command, change });
}
