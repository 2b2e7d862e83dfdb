import { type Command, execute, type Reply } from './model-redis.ts';
import type { FaultKind, Model } from './rules.ts';
import { copyState, none, type State } from './state.ts';

/** One thing that can happen in a state, and the state after it. */
export interface Move {
  readonly label: string;
  readonly next: State;
}

/** What a command may come to: with an answer, or given up without one. */
export interface Sent {
  readonly label: string;
  readonly next: State;
  readonly reply: Reply | undefined;
}

/** Whether this fault may still happen. */
export function mayFail(model: Model, state: State, fault: FaultKind): boolean {
  return model.fault === fault && state.faultsLeft > 0;
}

/** A copy in which the fault has happened. */
export function failed(state: State): State {
  return { ...copyState(state), faultsLeft: 0 };
}

/** All that can become of a command of an actor, by itself and by faults. */
export function send(model: Model, state: State, command: Command): Sent[] {
  const breaker = state.breakers[command.actor];
  if (breaker === 'nothing') return [{ label: 'not sent', next: copyState(state), reply: undefined }];
  if (state.stopped) return [{ label: 'given up', next: delayed(copyState(state), command), reply: undefined }];
  const sent = [executed(model, copyState(state), command)];
  if (mayFail(model, state, 'a command is never executed')) {
    sent.push({ label: 'NEVER EXECUTED', next: failed(state), reply: undefined });
  }
  if (mayFail(model, state, 'an answer is lost')) {
    sent.push({ ...executed(model, failed(state), command), label: 'ANSWER LOST', reply: undefined });
  }
  if (mayFail(model, state, 'a command is executed late')) {
    sent.push({ label: 'LATE', next: delayed(failed(state), command), reply: undefined });
  }
  return sent;
}

function executed(model: Model, next: State, command: Command): Sent {
  const reply = execute(model, next, command);
  return { label: String(reply), next, reply };
}

/** A look that comes late changes nothing; a settlement that is sent again does what the first does. */
function delayed(next: State, command: Command): State {
  const { name, actor } = command;
  const isThere = next.late.some((late) => late.name === name && late.actor === actor);
  if (name === 'look' || isThere) return next;
  next.late.push({ name, actor, carried: name === 'fill' ? command.carried : none });
  // In any order, since they may be executed in any.
  next.late.sort((a, b) => (a.name === b.name ? a.actor - b.actor : a.name < b.name ? -1 : 1));
  return next;
}

/** What a message leads to, when it is known what became of it. */
export type Change = (next: State, sent: Sent) => unknown;

/** All that can come of a command that a reader or a writer sends. */
export function sendMoves(
  model: Model,
  state: State,
  { who, command, change }: { readonly who: string; readonly command: Command; readonly change: Change },
): Move[] {
  return send(model, state, command).map((sent) => {
    change(sent.next, sent);
    return { label: `${who} ${command.actor}: ${command.name}: ${sent.label}`, next: sent.next };
  });
}
