import type { Server } from '@grpc/grpc-js';
import { type Admission, draining } from './admission.ts';
import type { Edge } from './edge/create-edge.ts';
import type { TandemError } from './errors.ts';
import type { HealthState } from './grpc/health-state.ts';
import type { Interruption } from './interruption.ts';
import { drainGrpc } from './listen-grpc.ts';
import type { LiveCalls } from './live-calls.ts';
import type { OpenAnswers } from './open-answers.ts';
import { within } from './within.ts';

/** What a server consists of when it is time to end it. */
export interface Drainable {
  readonly grpcServer: Server;
  readonly edge: Edge;
  readonly health: HealthState;
  readonly admission: Admission;
  readonly calls: LiveCalls;
  readonly intake: Interruption<TandemError>;
  readonly answers: OpenAnswers;
  /** The watch over the database. */
  readonly watch: Disposable;
  /** How long calls in flight may take, in milliseconds. */
  readonly graceMs: number;
}

/** How long what was aborted may take to be told so and to stop; then, how long callers may take to hang up. */
const PARTING_MS = 500;
/** How long after the grace a drain is over at the latest. */
export const PARTED_AFTER_GRACE_MS = 2 * PARTING_MS;

/**
 * Ends a server in order: NOT_SERVING; no new calls (on connections that stay for a moment they are told DRAINING);
 * server streams ended; client streams given no more messages, so that each ends after the one it has in work; calls in
 * flight answered, and their answers read. After the grace what is left is aborted. Connections are closed as soon as
 * nothing is to come over them, whether or not their callers have more to say.
 */
export async function drainServer({
  grpcServer,
  edge,
  health,
  admission,
  calls,
  intake,
  answers,
  watch,
  graceMs,
}: Drainable): Promise<void> {
  watch[Symbol.dispose]();
  health.end();
  admission.close();
  intake.interrupt(draining());
  calls.abortServerStreams(draining());
  const closed = Promise.all([drainGrpc(grpcServer), edge.drain()]);
  const answered = Promise.all([calls.whenIdle(), answers.whenOut()]);
  if (!(await settlesWithin(answered, graceMs))) {
    calls.abortAll(draining());
    await settlesWithin(answered, PARTING_MS);
  }
  await settlesWithin(closed, PARTING_MS);
  grpcServer.forceShutdown();
  await edge[Symbol.asyncDispose]();
}

async function settlesWithin(work: Promise<unknown>, ms: number): Promise<boolean> {
  const settled = work.then(() => true);
  return (await within(ms, settled)) ?? false;
}
