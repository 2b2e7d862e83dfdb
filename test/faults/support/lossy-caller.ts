import type { DescMessage, DescMethod, MessageInitShape } from '@bufbuild/protobuf';
import { startTcpProxy } from '@tandem/dev-stack';
import { createRawGrpcCaller } from '../../pair/raw-call.ts';

/** Calls whose replies are lost on their way back. */
export interface LossyCaller extends AsyncDisposable {
  /** Makes a call and cuts its connection when `committed` resolves, which looks at the database: no reply comes. */
  lose<I extends DescMessage>(
    method: DescMethod & { input: I },
    request: MessageInitShape<I>,
    committed: () => Promise<void>,
  ): Promise<void>;
}

/** @param target `host:port` of a gRPC port */
export async function startLossyCaller(target: string): Promise<LossyCaller> {
  const proxy = await startTcpProxy({ targetPort: Number(target.split(':').at(-1)) });
  return {
    async lose(method, request, committed) {
      // A client of its own: none waits before it connects again after the cut.
      using caller = createRawGrpcCaller(`127.0.0.1:${proxy.port}`);
      await caller.send('/grpc.health.v1.Health/Check', new Uint8Array());
      proxy.loseReplies();
      const answer = caller.call(method, request);
      try {
        await committed();
      } finally {
        proxy.cut();
        proxy.resume();
      }
      if ('reply' in (await answer)) throw new Error('A reply came that should have been lost.');
    },
    [Symbol.asyncDispose]: () => proxy[Symbol.asyncDispose](),
  };
}
