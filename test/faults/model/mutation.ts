import { randomUUID } from 'node:crypto';
import type { UsersClient } from '@tandem/contracts';
import fc from 'fast-check';
import { expect } from 'vitest';
import { answerOf, expectRefused, makeCommand, pickClient, type UsersCommand } from './ask.ts';
import { type Answer, passwordPool, slots, type UsersModel } from './users-model.ts';

/** What the model says of a call: refused for one of these reasons, or done, which checks the reply and takes it over. */
export interface Verdict {
  /** All that speaks against it, of the mutation's `grounds`. */
  readonly refused: readonly string[];
  /** Whether the first of these is the one that is told. Default: any of them. */
  readonly isOrdered?: boolean;
  /** Whether a refusal is kept for the `request_id`: not what validation finds. */
  readonly isKept?: boolean;
  readonly take: (answer: Answer, client: UsersClient) => void | Promise<void>;
}

type Method = 'createUser' | 'updateUser' | 'deleteUser' | 'changePassword' | 'transferPoints' | 'grantPoints';

export interface Mutation<Args> {
  readonly method: Method;
  /** Why it may be refused: reasons, each followed by what is at fault where one reason has several causes. */
  readonly grounds: readonly string[];
  readonly args: fc.Arbitrary<Args>;
  readonly request: (args: Args, model: UsersModel) => object;
  /** What differs in another request under the same `request_id`. */
  readonly other: (request: object) => object;
  readonly judge: (args: Args, model: UsersModel) => Verdict;
}

export const via = fc.nat({ max: 1 });
export const slot = fc.nat({ max: slots - 1 });
export const email = fc.record({ number: fc.nat({ max: slots - 1 }), isUpper: fc.boolean() });
export const password = fc.constantFrom(...passwordPool);

/** A mutation as a command of its arbitrary arguments. */
export function commandsOf<Args extends object>(mutation: Mutation<Args>): fc.Arbitrary<UsersCommand> {
  return fc.record({ args: mutation.args, via }).map(({ args, via }) => commandOf(mutation, { ...args, via }));
}

/** Sends it, compares the answer with the verdict, and keeps both for `repeat`. */
export function commandOf<Args extends object>(
  { method, request: build, judge, other }: Mutation<Args>,
  args: Args & { readonly via: number },
): UsersCommand {
  return makeCommand(method, args, async ({ model, replicas }) => {
    const request = { ...build(args, model), requestId: randomUUID() };
    const { refused, isOrdered = false, isKept = true, take } = judge(args, model);
    const send = (sent: object, through: number): Promise<Answer> =>
      answerOf(pickClient(replicas, through)[method](sent));
    const answer = await send(request, args.via);
    if (refused.length > 0) expectRefused(answer, refused.map(reasonOf).slice(0, isOrdered ? 1 : undefined));
    else await take(answer, pickClient(replicas, args.via));
    if (refused.length === 1) model.decisive.push(`${method} ${refused[0]}`);
    if (isKept) model.answered.push({ send, request, otherRequest: other(request), answer });
  });
}

const reasonOf = (ground: string) => ground.split(' ')[0] ?? '';

/** Sends again what was answered before, at times with another payload: nothing may come of it. */
export const repeat = fc.record({ nth: fc.nat(), isOther: fc.boolean(), via }).map((args) =>
  makeCommand('repeat', args, async ({ model }) => {
    const earlier = model.answered[args.nth % Math.max(1, model.answered.length)];
    if (earlier === undefined) return;
    const answer = await earlier.send(args.isOther ? earlier.otherRequest : earlier.request, args.via);
    if (args.isOther) expectRefused(answer, ['REQUEST_ID_REUSED']);
    else expect(answer).toEqual(earlier.answer);
  }),
);
