import { recordsApart, recordsWithin, settles, withholdsReply } from '../../src/protocol.ts';
import type { Command } from './model-redis.ts';
import type { Model } from './rules.ts';
import { type Change, failed, type Move, mayFail, sendMoves } from './send.ts';
import { copyState, type State, type Writer } from './state.ts';

/** What writer `index` can do next. */
export function writerMoves(model: Model, state: State, index: number): Move[] {
  const writer = writerOf(state, index);
  switch (writer.step) {
    case 'mark':
      return commandMoves(model, state, { name: 'mark', actor: index }, (next, { reply }) =>
        Object.assign(writerOf(next, index), { step: 'commit', marked: reply !== undefined }),
      );
    case 'commit':
      return commitMoves(model, state, index);
    case 'settle':
      return commandMoves(model, state, { name: 'settle', actor: index }, (next, { reply }) => {
        writerOf(next, index).settled = reply !== undefined;
        afterSettle(model, writerOf(next, index));
      });
    case 'record':
      return [
        move(state, index, 'record', (_, writer) =>
          Object.assign(writer, { step: 'reply', records: writer.records + 1 }),
        ),
      ];
    case 'reply':
      return replyMoves(model, state, index);
    default:
      return [...lateCommitMoves(model, state, index), ...repeatMoves(model, state, index)];
  }
}

export function writerOf(state: State, index: number): Writer {
  const writer = state.writers[index];
  if (writer === undefined) throw new Error(`the model has no writer ${index}`);
  return writer;
}

function commitMoves(model: Model, state: State, index: number): Move[] {
  const moves = [
    move(state, index, 'COMMIT', (next, writer) => {
      commit(model, next, writer);
      Object.assign(writer, { step: 'settle', outcome: 'committed' });
    }),
    move(state, index, 'ROLLBACK', (_, writer) => {
      const step = model.tooth === 'a rollback is not settled' ? 'done' : 'settle';
      Object.assign(writer, { step, outcome: 'rolled-back' });
    }),
  ];
  if (mayFail(model, state, 'the outcome of COMMIT is unknown')) {
    moves.push(move(failed(state), index, 'COMMIT, NOT ANSWERED', (_, writer) => sentInVain(model, writer)));
  }
  return moves;
}

/** The change, and what goes on record with it. */
function commit(model: Model, next: State, writer: Writer): void {
  next.row += 1;
  writer.version = next.row;
  const isOmitted = model.tooth === 'a mark that was not confirmed is not recorded';
  if (recordsWithin(writer) && !isOmitted) writer.records += 1;
}

function sentInVain(model: Model, writer: Writer): void {
  Object.assign(writer, { outcome: 'unknown', underWay: true });
  if (settles('unknown') || model.tooth === 'settles while the outcome is unknown') writer.step = 'settle';
  else afterSettle(model, writer);
}

function afterSettle(model: Model, writer: Writer): void {
  if (writer.outcome === 'open') return;
  writer.step = recordsApart(writer.outcome, writer) && !isRecordOmitted(model, writer) ? 'record' : 'reply';
}

function isRecordOmitted({ tooth }: Model, { outcome, settled }: Writer): boolean {
  if (outcome !== 'unknown') return tooth === 'a settlement that was not confirmed is not recorded';
  return (
    tooth === 'an unknown outcome is not recorded' || (tooth === 'settles while the outcome is unknown' && settled)
  );
}

function replyMoves(model: Model, state: State, index: number): Move[] {
  const writer = writerOf(state, index);
  if (writer.outcome !== 'committed')
    return [move(state, index, 'gives up', (_, next) => Object.assign(next, { step: 'done' }))];
  const mayReply = !withholdsReply(writer.outcome, writer) || everyoneKnows(state, index);
  if (mayReply || model.tooth === 'replies with neither mark nor settlement confirmed') {
    return [move(state, index, 'reply', acknowledge)];
  }
  return commandMoves(model, state, { name: 'settle', actor: index }, (next, { reply }) => {
    writerOf(next, index).settled = reply !== undefined;
  });
}

/** `everyoneKnowsMs` after the own breaker has opened, every other has opened too, and none can have closed for reads since. */
function everyoneKnows(state: State, index: number): boolean {
  return state.breakers[index] === 'nothing' && !state.breakers.includes('all');
}

function acknowledge(next: State, writer: Writer): void {
  next.acknowledged = Math.max(next.acknowledged, writer.version);
  writer.step = 'done';
}

/** A COMMIT without an answer takes effect later, or never. */
function lateCommitMoves(model: Model, state: State, index: number): Move[] {
  if (!writerOf(state, index).underWay) return [];
  const end = (_: State, writer: Writer) => Object.assign(writer, { underWay: false });
  return [
    move(state, index, 'COMMIT takes effect', (next, writer) => {
      commit(model, next, writer);
      end(next, writer);
    }),
    move(state, index, 'COMMIT never takes effect', end),
  ];
}

/** The caller who got no reply repeats the call: the record of the request is found, and its reply given again. */
function repeatMoves(model: Model, state: State, index: number): Move[] {
  const writer = writerOf(state, index);
  if (writer.step === 'repeat') {
    return [move(state, index, 'reply again', acknowledge)];
  }
  const isUnheard = writer.step === 'killed' || writer.outcome === 'unknown';
  if (!isUnheard || writer.version === 0 || writer.version <= state.acknowledged) return [];
  if (model.tooth === 'a recorded reply is given without an invalidation') {
    return [move(state, index, 'call repeated', (_, next) => Object.assign(next, { step: 'repeat' }))];
  }
  return commandMoves(model, state, { name: 'invalidate', actor: index }, (next, { reply }) => {
    if (reply !== undefined) writerOf(next, index).step = 'repeat';
  });
}

function move(state: State, index: number, what: string, change: (next: State, writer: Writer) => unknown): Move {
  const next = copyState(state);
  change(next, writerOf(next, index));
  return { label: `writer ${index}: ${what}`, next };
}

function commandMoves(model: Model, state: State, command: Command, change: Change): Move[] {
  return sendMoves(model, state, { who: 'writer', command, change });
}
