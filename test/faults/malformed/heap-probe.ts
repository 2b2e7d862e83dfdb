import { once } from 'node:events';
import type { RunningService } from '../../pair/start-service.ts';

/** The environment of a service whose memory is to be looked at. */
export const probedEnv = { NODE_OPTIONS: '--inspect=127.0.0.1:0' };

/** Looks into a running service by Node's inspector. */
export interface HeapProbe extends Disposable {
  /** What the process holds after its garbage is gone, in bytes: its heap, and what buffers have beside it. */
  measure(): Promise<number>;
}

export async function openHeapProbe({ stderr }: RunningService): Promise<HeapProbe> {
  const url = stderr
    .map((line) => /Debugger listening on (ws:\S+)/.exec(line)?.[1])
    .find((found) => found !== undefined);
  if (url === undefined) throw new Error('The service was not started with an inspector.');
  const socket = new WebSocket(url);
  await once(socket, 'open');
  let calls = 0;
  const call = async (method: string, params: object = {}): Promise<unknown> => {
    calls += 1;
    const id = calls;
    socket.send(JSON.stringify({ id, method, params }));
    for (;;) {
      const [{ data }] = (await once(socket, 'message')) as [{ data: string }];
      const answer = JSON.parse(data) as { id?: number; result?: unknown };
      if (answer.id === id) return answer.result;
    }
  };
  return {
    async measure() {
      for (let round = 0; round < 2; round += 1) await call('HeapProfiler.collectGarbage');
      const expression = '(({ heapUsed, external }) => heapUsed + external)(process.memoryUsage())';
      const { result } = (await call('Runtime.evaluate', { expression })) as { result: { value: number } };
      return result.value;
    },
    [Symbol.dispose]: () => socket.close(),
  };
}
