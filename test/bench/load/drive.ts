import type { ClientHttp2Session } from 'node:http2';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LoadRequest } from '../workload.ts';
import { callUnary, frameRequest } from './call-unary.ts';

/** From the first reply to the window, at full load: neither a cold start nor the ramp is measured. */
const LEAD_MS = 250;
/** For the first reply, for the first of the window, and after the window for the calls in flight; then the connections are cut, which fails them. */
const PATIENCE_MS = 15_000;
const SAMPLE_EVERY = 50;

export interface Drive {
  readonly sessions: readonly ClientHttp2Session[];
  /** Those of a call. @param path of the request's own, if it has one */
  readonly headersOf: (path: string | undefined) => readonly string[];
  readonly requests: readonly LoadRequest[];
  /** Calls in flight on each session at any time. */
  readonly inFlightPerSession: number;
  /** The window is longer where it takes longer until a call is answered in it. */
  readonly windowMs: number;
  onWindowStart(): void;
  onWindowEnd(): void;
}

export interface DriveResult {
  /** Answered within the window. */
  readonly calls: number;
  /** Answered rightly, at any time. */
  readonly answered: number;
  readonly durationMs: number;
  /** Of the calls of the window. */
  readonly latenciesMs: readonly number[];
  /** Not answered rightly, at any time. */
  readonly failed: number;
  readonly firstFailure: string | undefined;
  /** Answered with what was older than an answer before, at any time; undefined where nobody looks. */
  readonly stale: number | undefined;
}

interface Tally {
  phase: 'lead' | 'window' | 'end';
  readonly firstReply: PromiseWithResolvers<void>;
  readonly firstOfWindow: PromiseWithResolvers<void>;
  readonly latenciesMs: number[];
  answered: number;
  failed: number;
  firstFailure: string | undefined;
  stale: number;
}

/** What became of a call: what was wrong with its reply, or whether that was too old. */
interface Judged {
  readonly failure?: string | undefined;
  readonly isStale?: boolean;
}

/** Sends the next request. */
type SendNext = (session: ClientHttp2Session) => Promise<Judged>;

/** Keeps so many calls in flight, each answered one followed by the next, and counts the answers of the window. */
export async function drive(options: Drive): Promise<DriveResult> {
  const { sessions, inFlightPerSession, windowMs } = options;
  const tally = createTally();
  const sendNext = createSender(options);
  const lanes = sessions.flatMap((session) =>
    Array.from({ length: inFlightPerSession }, () => runLane(session, { sendNext, tally })),
  );
  await withPatience(options, tally.firstReply.promise);
  await sleep(LEAD_MS);
  const startedMs = performance.now();
  options.onWindowStart();
  tally.phase = 'window';
  // Lanes end before the window does where their connections are lost.
  const answeredOrLost = Promise.race([tally.firstOfWindow.promise, Promise.all(lanes)]);
  await Promise.all([sleep(windowMs), withPatience(options, answeredOrLost)]);
  tally.phase = 'end';
  options.onWindowEnd();
  const durationMs = performance.now() - startedMs;
  await withPatience(options, Promise.all(lanes));
  const { latenciesMs, answered, failed, firstFailure, stale } = tally;
  const isWatched = options.requests.some(({ watchAge }) => watchAge !== undefined);
  const counts = { failed, firstFailure, stale: isWatched ? stale : undefined };
  return { calls: latenciesMs.length, answered, durationMs, latenciesMs, ...counts };
}

/** Sends the first request once: the window is the time until its answer. */
export async function driveOnce(options: Omit<Drive, 'inFlightPerSession' | 'windowMs'>): Promise<DriveResult> {
  const { sessions, headersOf, requests, onWindowStart, onWindowEnd } = options;
  const [session, request] = [sessions[0], requests[0]];
  if (session === undefined || request === undefined) throw new Error('A workload must make requests.');
  const [headers, frame] = [headersOf(request.path), frameRequest(request.message)];
  const startedMs = performance.now();
  onWindowStart();
  const { failure, message } = await callUnary(session, { headers, frame, keepMessage: true });
  onWindowEnd();
  const durationMs = performance.now() - startedMs;
  const firstFailure = failure ?? inspect(request, message);
  const [answered, failed] = firstFailure === undefined ? [1, 0] : [0, 1];
  return { calls: answered, answered, durationMs, latenciesMs: [durationMs], failed, firstFailure, stale: undefined };
}

/** Ends connections, and with them the calls that still wait. */
export function closeAll(sessions: readonly ClientHttp2Session[]): void {
  for (const session of sessions) session.destroy();
}

function createTally(): Tally {
  return {
    phase: 'lead',
    firstReply: Promise.withResolvers(),
    firstOfWindow: Promise.withResolvers(),
    latenciesMs: [],
    answered: 0,
    failed: 0,
    firstFailure: undefined,
    stale: 0,
  };
}

/** Waits for what ends at the latest when the connections are cut. */
async function withPatience({ sessions }: Drive, waited: Promise<unknown>): Promise<void> {
  const cut = setTimeout(() => closeAll(sessions), PATIENCE_MS);
  await waited;
  clearTimeout(cut);
}

function createSender({ headersOf, requests }: Drive): SendNext {
  const prepared = requests.map((request) => ({
    request,
    frame: frameRequest(request.message),
    headers: headersOf(request.path),
  }));
  let sent = 0;
  return async (session) => {
    const next = prepared[sent % prepared.length];
    if (next === undefined) throw new Error('A workload must make requests.');
    const { request, frame, headers } = next;
    const isSample = sent % SAMPLE_EVERY === 0;
    sent += 1;
    const isTooOld = request.watchAge?.();
    const keepMessage = isSample || isTooOld !== undefined;
    const end = await callUnary(session, { headers, frame, keepMessage });
    const failure = end.failure ?? (isSample ? inspect(request, end.message) : undefined);
    return { failure, isStale: failure === undefined && isTooOld?.(end.message) === true };
  };
}

function inspect({ findFault }: LoadRequest, message: Uint8Array): string | undefined {
  try {
    return findFault(message);
  } catch (error) {
    return `OK with a message that cannot be read (${error instanceof Error ? error.message : error})`;
  }
}

async function runLane(session: ClientHttp2Session, { sendNext, tally }: { sendNext: SendNext; tally: Tally }) {
  while (tally.phase !== 'end' && !session.destroyed) {
    const sentAt = performance.now();
    const { failure, isStale } = await sendNext(session);
    tally.firstReply.resolve();
    if (tally.phase === 'window') {
      tally.latenciesMs.push(performance.now() - sentAt);
      tally.firstOfWindow.resolve();
    }
    if (isStale) tally.stale += 1;
    if (failure === undefined) {
      tally.answered += 1;
      continue;
    }
    tally.failed += 1;
    tally.firstFailure ??= failure;
  }
}
