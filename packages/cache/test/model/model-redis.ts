import type { LeaseReply } from '../../src/protocol-driver.ts';
import type { Model } from './rules.ts';
import { type Entry, none, type State } from './state.ts';

/** A step of the protocol that Redis takes as one. The actor of lease and fill is a reader, of mark and settle a writer. */
export type Command =
  | { readonly name: 'look' | 'lease' | 'mark' | 'settle' | 'invalidate'; readonly actor: number }
  | { readonly name: 'fill'; readonly actor: number; readonly carried: number };

/** What a command answers: of lease its kind, of look the state seen or `none`, of fill whether it filled. */
export type Reply = LeaseReply['kind'] | number | boolean;

/** The version of the schema of an actor. */
export function schemaOf(model: Model, actor: number): number {
  return model.mixedVersions === true ? actor % 2 : 0;
}

/** The keys that an actor knows. */
export function entryOf(model: Model, state: State, actor: number): Entry {
  const entry = state.entries[state.entries.length > 1 ? schemaOf(model, actor) : 0];
  if (entry === undefined) throw new Error(`the model has no keys for actor ${actor}`);
  return entry;
}

/** Executes a command of the scripts' model: changes `state` and answers. */
export function execute(model: Model, state: State, command: Command): Reply {
  const reply = change(model, state, command);
  state.effects.push({ command, reply });
  return reply;
}

function change(model: Model, state: State, command: Command): Reply {
  const entry = entryOf(model, state, command.actor);
  switch (command.name) {
    case 'look':
      return entry.schema === schemaOf(model, command.actor) ? entry.value : none;
    case 'lease':
      return lease(model, entry, command.actor);
    case 'fill':
      return fill(model, entry, command);
    case 'mark':
      if (model.tooth !== 'mark keeps the value') entry.value = none;
      if (model.tooth !== 'mark keeps the lease') entry.lease = none;
      if (model.tooth !== 'mark adds no writer') addWriter(model, entry, command.actor);
      return true;
    case 'settle':
      if (model.tooth !== 'settle keeps the value') entry.value = none;
      if (model.tooth !== 'settle keeps the lease') entry.lease = none;
      if (model.tooth !== 'settle leaves the writer') removeWriter(model, entry, command.actor);
      return true;
    case 'invalidate':
      if (model.tooth !== 'invalidate keeps the value') entry.value = none;
      if (model.tooth !== 'invalidate keeps the lease') entry.lease = none;
      return true;
  }
}

function lease(model: Model, entry: Entry, reader: number): LeaseReply['kind'] {
  if (entry.value !== none && entry.schema === schemaOf(model, reader)) return 'value';
  if (entry.writers !== 0 && model.tooth !== 'lease ignores writers') return 'writers';
  if (entry.lease !== none) return 'busy';
  entry.lease = reader;
  return 'leased';
}

function fill(model: Model, entry: Entry, { actor, carried }: Extract<Command, { name: 'fill' }>): boolean {
  if (entry.lease !== actor && model.tooth !== 'fill ignores its token') return false;
  entry.lease = none;
  entry.value = carried;
  entry.schema = schemaOf(model, actor);
  return true;
}

function addWriter(model: Model, entry: Entry, writer: number): void {
  if (model.tooth === 'writers are counted, not named') entry.writers += 1;
  else entry.writers |= 1 << writer;
}

/** Also what an expiry does. */
export function removeWriter(model: Model, entry: Entry, writer: number): void {
  if (model.tooth === 'writers are counted, not named') entry.writers = Math.max(0, entry.writers - 1);
  else entry.writers &= ~(1 << writer);
}
