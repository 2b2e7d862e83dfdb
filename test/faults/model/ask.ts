import { setTimeout as pause } from 'node:timers/promises';
import { ConnectError } from '@connectrpc/connect';
import type fc from 'fast-check';
import { expect } from 'vitest';
import { describeRefusal } from '../../pair/refusal.ts';

/** A service: a client of each replica. */
export interface Replicas<Client> {
  readonly clients: readonly Client[];
}

/** What a command works on: the model and the service beside it. */
export interface World<Model, Real> {
  readonly model: Model;
  readonly replicas: Real;
}

export type ModelCommand<Model extends object, Real> = fc.AsyncCommand<Model, Real>;

/** A command that prints as it was made, so that a counterexample can be read. */
export function makeModelCommand<Args extends object, Model extends object, Real>(
  name: string,
  args: Args,
  run: (world: World<Model, Real>) => Promise<void>,
): ModelCommand<Model, Real> {
  const print = () => `${name} ${JSON.stringify(args, toText)}`;
  return { check: () => true, run: (model, replicas) => run({ model, replicas }), toString: print };
}

function toText(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${value}` : value;
}

/** The replica that a command goes to. */
export function pickClient<Client>({ clients }: Replicas<Client>, via: number): Client {
  const client = clients[via % clients.length];
  if (client === undefined) throw new Error('There is no replica.');
  return client;
}

type Call = (request: object) => Promise<object>;

/** Calls a method that is known by its name only. */
export function callMethod(client: object, name: string | symbol, request: object): Promise<object> {
  return (Reflect.get(client, name) as Call)(request);
}

/**
 * A client that sends a unary call again while the service is too busy for it.
 *
 * @param busyReasons what is no answer by the contract: reasons, or codes where the caller's own transport gave up
 */
export function makePatient<Client extends object>(client: Client, busyReasons: readonly string[]): Client {
  return new Proxy(client, {
    get(target, name) {
      if (typeof Reflect.get(target, name) !== 'function') return Reflect.get(target, name);
      return (request: object) => {
        const call = () => callMethod(target, name, request);
        const isStream = Symbol.asyncIterator in request || String(name).startsWith('export');
        return isStream ? call() : repeatWhileBusy(call, busyReasons);
      };
    },
  });
}

export async function repeatWhileBusy<Reply>(
  call: () => Promise<Reply>,
  busyReasons: readonly string[],
): Promise<Reply> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof ConnectError)) throw error;
      const { code, reason = code } = describeRefusal(error);
      if (!busyReasons.includes(reason)) throw error;
      await pause(50);
    }
  }
}

export type Answer = { readonly reply: object } | { readonly reason: string };

/** The reply, or the reason of the refusal. What has no reason is thrown: no rule of the contract decided it. */
export async function answerOf(call: Promise<object>): Promise<Answer> {
  try {
    return { reply: await call };
  } catch (error) {
    const reason = error instanceof ConnectError ? describeRefusal(error).reason : undefined;
    if (reason === undefined) throw error;
    return { reason };
  }
}

/** @throws when the answer is none of these refusals */
export function expectRefused(answer: Answer, reasons: readonly string[]): void {
  expect('reason' in answer ? answer.reason : answer).toBeOneOf([...reasons]);
}

/** The reply of an answer that the model expects to be one. */
export function expectReply<Reply extends object>(answer: Answer): Reply {
  if ('reason' in answer) throw new Error(`The model expects a reply, the service refuses by ${answer.reason}.`);
  return answer.reply as Reply;
}
