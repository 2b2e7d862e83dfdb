import { create, type DescMessage, type MessageInitShape, type MessageShape } from '@bufbuild/protobuf';
import { type Call, type Reply, TandemError } from '@tandem/rpc';

/** A call in open mode with 10 s left. */
export function makeCall(fields: Partial<Call> = {}): Call {
  return {
    requestId: 'test',
    caller: 'anonymous',
    deadline: Date.now() + 10_000,
    signal: new AbortController().signal,
    traceparent: undefined,
    claim: undefined,
    ...fields,
  };
}

/** What a handler answers, as the message that the pipeline would send. */
export async function messageOf<D extends DescMessage>(desc: D, answer: Promise<Reply<D>>): Promise<MessageShape<D>> {
  return create(desc, (await answer) as MessageInitShape<D>);
}

/** Reason and fields of the refusal that `work` ends in, or whatever else it threw. */
export async function refusalOf(work: Promise<unknown>) {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return error instanceof TandemError
    ? { reason: error.reason, fields: error.violations.map(({ field }) => field) }
    : error;
}
