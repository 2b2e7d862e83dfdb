import { create, type DescMessage, fromBinary, type MessageInitShape, type MessageShape } from '@bufbuild/protobuf';
import { EncodedReply, type Reply, TandemError } from '@tandem/rpc';

/** What a handler answers, as the message that the pipeline would send. */
export async function messageOf<D extends DescMessage>(desc: D, answer: Promise<Reply<D>>): Promise<MessageShape<D>> {
  const reply = await answer;
  return reply instanceof EncodedReply ? fromBinary(desc, reply.bytes) : create(desc, reply as MessageInitShape<D>);
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
