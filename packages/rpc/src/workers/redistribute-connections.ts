import type { Worker } from 'node:cluster';

/** What node:cluster sends with a connection, and what it gets back for it. */
interface ClusterMessage {
  readonly cmd?: string;
  readonly act?: string;
  readonly seq?: number;
  readonly ack?: number;
}

/**
 * Has the connections that a worker was given, and did not take before it died, given to others. The one place that
 * reaches into node:cluster, which forgets them: their callers would wait for an answer until their own patience ends.
 */
export function redistributeConnections(worker: Worker): void {
  const child = worker.process;
  const given = new Set<number>();
  const send = child.send.bind(child) as (...args: unknown[]) => boolean;
  child.send = (...args: unknown[]) => {
    const { act, seq } = args[0] as ClusterMessage;
    if (act === 'newconn' && seq !== undefined) given.add(seq);
    return send(...args);
  };
  child.on('internalMessage', ({ ack }: ClusterMessage) => void given.delete(ack ?? Number.NaN));
  // By then node:cluster counts the worker out.
  worker.once('exit', () => {
    for (const ack of given) child.emit('internalMessage', { cmd: 'NODE_CLUSTER', ack, accepted: false });
  });
}
