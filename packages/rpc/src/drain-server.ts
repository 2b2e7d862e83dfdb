import type { Server } from '@grpc/grpc-js';
import { type Admission, draining } from './admission.ts';
import type { Edge } from './edge/create-edge.ts';
import type { HealthState } from './grpc/health-state.ts';
import { drainGrpc } from './listen-grpc.ts';
import type { LiveCalls } from './live-calls.ts';

/** What a server consists of when it is time to end it. */
export interface Drainable {
  readonly grpcServer: Server;
  readonly edge: Edge;
  readonly health: HealthState;
  readonly admission: Admission;
  readonly calls: LiveCalls;
  /** The watch over the database. */
  readonly watch: Disposable;
  /** How long calls in flight may take, in milliseconds. */
  readonly graceMs: number;
}

/** How long what was aborted may take to be told so and to stop. */
const ABORTED_MS = 500;
/**
 * Ends a server in order: NOT_SERVING; no new calls (on connections that stay for a moment they are told DRAINING);
 * server streams ended; calls in flight answered, and their answers read. Client streams go on for half of the grace and
 * are then given no more messages, so that what they have in work is done before its end. After the grace what is left is
 * aborted, and both ports are closed.
 */
export async function drainServer({
  grpcServer,
  edge,
  health,
  admission,
  calls,
  watch,
  graceMs,
}: Drainable): Promise<void> {
  watch[Symbol.dispose]();
  health.end();
  admission.close();
  calls.abortServerStreams(draining());
  const intakesOver = setTimeout(() => calls.endIntakes(draining()), graceMs / 2);
  const drained = Promise.all([calls.whenIdle(), drainGrpc(grpcServer), edge.drain()]);
  const inTime = await settlesWithin(drained, graceMs);
  clearTimeout(intakesOver);
  if (!inTime) {
    calls.abortAll(draining());
    await settlesWithin(drained, ABORTED_MS);
  }
  grpcServer.forceShutdown();
  await edge[Symbol.asyncDispose]();
}

async function settlesWithin(work: Promise<unknown>, ms: number): Promise<boolean> {
  const { promise: overdue, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), ms);
  try {
    return await Promise.race([work.then(() => true), overdue]);
  } finally {
    clearTimeout(timer);
  }
}
