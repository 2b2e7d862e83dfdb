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
/** How long answers may take to reach their callers; one who goes on sending after its answer is not waited for longer. */
const DELIVERY_MS = 2000;

/**
 * Ends a server in order: NOT_SERVING; no new calls (on connections that stay for a moment they are told DRAINING);
 * streams ended; calls in flight answered. After the grace what is left is aborted, and both ports are closed.
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
  calls.abortStreams(draining());
  const idle = calls.whenIdle();
  const closed = Promise.all([drainGrpc(grpcServer), edge.drain()]);
  const delivered = idle.then(() => settlesWithin(closed, DELIVERY_MS));
  if (!(await settlesWithin(delivered, graceMs))) {
    calls.abortAll(draining());
    await settlesWithin(Promise.all([idle, closed]), ABORTED_MS);
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
