import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { expect } from 'vitest';
import {
  type Answer,
  answerOf,
  callMethod,
  expectRefused,
  type ModelCommand,
  makeModelCommand,
  pickClient,
  type Replicas,
  type World,
} from './ask.ts';

/** A mutation that was answered, and must be answered so again. */
export interface Answered {
  readonly send: (request: object, via: number) => Promise<Answer>;
  readonly request: object;
  /** Another payload under the same `request_id`. */
  readonly otherRequest: object;
  readonly answer: Answer;
}

/** What the model says of a call: refused for one of these reasons, or done, which checks the reply and takes it over. */
export interface Verdict<Client> {
  /** All that speaks against it, of the mutation's `grounds`. */
  readonly refused: readonly string[];
  /** Whether the first of these is the one that is told. Default: any of them. */
  readonly isOrdered?: boolean;
  /** Whether a refusal is kept for the `request_id`: not what validation finds. */
  readonly isKept?: boolean;
  readonly take: (answer: Answer, client: Client) => void | Promise<void>;
}

/** What a model remembers of mutations. */
export interface MutatedModel {
  readonly answered: Answered[];
  /** Mutations that were refused with nothing but this ground against them, as `deleteUser ETAG_MISMATCH`. */
  readonly decisive: string[];
}

export interface Mutation<Args, Model, Client> {
  readonly method: keyof Client & string;
  /** Why it may be refused: reasons, each followed by what is at fault where one reason has several causes. */
  readonly grounds: readonly string[];
  readonly args: fc.Arbitrary<Args>;
  readonly request: (args: Args, model: Model) => object;
  /** What differs in another request under the same `request_id`. */
  readonly other: (request: object) => object;
  readonly judge: (args: Args, model: Model) => Verdict<Client>;
}

export const via = fc.nat({ max: 1 });

/** A mutation as a command of its arbitrary arguments. */
export function commandsOf<
  Args extends object,
  Model extends MutatedModel,
  Client extends object,
  Real extends Replicas<Client>,
>(mutation: Mutation<Args, Model, Client>): fc.Arbitrary<ModelCommand<Model, Real>> {
  return fc.record({ args: mutation.args, via }).map(({ args, via }) => commandOf(mutation, { ...args, via }));
}

/** Sends it, compares the answer with the verdict, and keeps both for `repeat`. */
export function commandOf<
  Args extends object,
  Model extends MutatedModel,
  Client extends object,
  Real extends Replicas<Client>,
>(
  { method, request: build, judge, other }: Mutation<Args, Model, Client>,
  args: Args & { readonly via: number },
): ModelCommand<Model, Real> {
  return makeModelCommand(method, args, async ({ model, replicas }: World<Model, Real>) => {
    const request = { ...build(args, model), requestId: randomUUID() };
    const { refused, isOrdered = false, isKept = true, take } = judge(args, model);
    const send = (sent: object, through: number): Promise<Answer> =>
      answerOf(callMethod(pickClient(replicas, through), method, sent));
    const answer = await send(request, args.via);
    if (refused.length > 0) expectRefused(answer, refused.map(reasonOf).slice(0, isOrdered ? 1 : undefined));
    else await take(answer, pickClient(replicas, args.via));
    if (refused.length === 1) model.decisive.push(`${method} ${refused[0]}`);
    if (isKept) model.answered.push({ send, request, otherRequest: other(request), answer });
  });
}

const reasonOf = (ground: string) => ground.split(' ')[0] ?? '';

/** Sends again what was answered before, at times with another payload: nothing may come of it. */
export function makeRepeat<Model extends MutatedModel, Real>(): fc.Arbitrary<ModelCommand<Model, Real>> {
  return fc.record({ nth: fc.nat(), isOther: fc.boolean(), via }).map((args) =>
    makeModelCommand('repeat', args, async ({ model }) => {
      const earlier = model.answered[args.nth % Math.max(1, model.answered.length)];
      if (earlier === undefined) return;
      const answer = await earlier.send(args.isOther ? earlier.otherRequest : earlier.request, args.via);
      if (args.isOther) expectRefused(answer, ['REQUEST_ID_REUSED']);
      else expect(answer).toEqual(earlier.answer);
    }),
  );
}
