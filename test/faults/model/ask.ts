import { setTimeout as pause } from 'node:timers/promises';
import { ConnectError } from '@connectrpc/connect';
import type { UsersClient } from '@tandem/contracts';
import type fc from 'fast-check';
import { expect } from 'vitest';
import { describeRefusal } from '../../pair/refusal.ts';
import type { Answer, UsersModel } from './users-model.ts';

/** The service: a client of each replica. */
export interface Replicas {
  readonly clients: readonly UsersClient[];
}

/** What a command works on: the model and the service beside it. */
export interface World {
  readonly model: UsersModel;
  readonly replicas: Replicas;
}

export type UsersCommand = fc.AsyncCommand<UsersModel, Replicas>;

/** A command that prints as it was made, so that a counterexample can be read. */
export function makeCommand<Args extends object>(
  name: string,
  args: Args,
  run: (world: World) => Promise<void>,
): UsersCommand {
  const print = () => `${name} ${JSON.stringify(args, (_, value) => (typeof value === 'bigint' ? `${value}` : value))}`;
  return { check: () => true, run: (model, replicas) => run({ model, replicas }), toString: print };
}

/** The replica that a command goes to. */
export function pickClient({ clients }: Replicas, via: number): UsersClient {
  const client = clients[via % clients.length];
  if (client === undefined) throw new Error('There is no replica.');
  return client;
}

/** What says that nothing was done because too much else is: no answer by the contract, and the same call may be sent again. */
const busyReasons = ['OVERLOADED', 'HASH_QUEUE_FULL', 'REQUEST_IN_PROGRESS', 'STORE_UNAVAILABLE'];

/** A client that sends a call again while the service is too busy for it. */
export function makePatient(client: UsersClient): UsersClient {
  type Call = (request: object) => Promise<object>;
  return new Proxy(client, {
    get(target, name) {
      const call: unknown = Reflect.get(target, name);
      return typeof call === 'function' ? (request: object) => repeatWhileBusy(() => (call as Call)(request)) : call;
    },
  });
}

async function repeatWhileBusy(call: () => Promise<object>): Promise<object> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      const reason = error instanceof ConnectError ? describeRefusal(error).reason : undefined;
      if (reason === undefined || !busyReasons.includes(reason)) throw error;
      await pause(50);
    }
  }
}

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
