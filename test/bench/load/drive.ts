import type { ClientHttp2Session } from 'node:http2';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LoadRequest } from '../workload.ts';
import { callUnary, frameMessage } from './call-unary.ts';

/** Before the window, at full load: the ramp is not measured. */
const LEAD_MS = 250;
/** After the window, for the calls in flight; then the connections are cut, which fails those calls. */
const PATIENCE_MS = 5_000;
const SAMPLE_EVERY = 50;

export interface Drive {
  readonly sessions: readonly ClientHttp2Session[];
  readonly headers: readonly string[];
  readonly requests: readonly LoadRequest[];
  /** Calls in flight on each session at any time. */
  readonly inFlightPerSession: number;
  readonly windowMs: number;
  onWindowStart(): void;
  onWindowEnd(): void;
}

export interface DriveResult {
  /** Answered within the window. */
  readonly calls: number;
  readonly durationMs: number;
  /** Not answered rightly, at any time. */
  readonly failed: number;
  readonly firstFailure: string | undefined;
}

interface Tally {
  phase: 'lead' | 'window' | 'end';
  calls: number;
  failed: number;
  firstFailure: string | undefined;
}

/** Sends the next request; answers what was wrong with its reply. */
type SendNext = (session: ClientHttp2Session) => Promise<string | undefined>;

/** Keeps so many calls in flight, each answered one followed by the next, and counts the answers of the window. */
export async function drive(options: Drive): Promise<DriveResult> {
  const { sessions, inFlightPerSession, windowMs } = options;
  const tally: Tally = { phase: 'lead', calls: 0, failed: 0, firstFailure: undefined };
  const sendNext = createSender(options);
  const lanes = sessions.flatMap((session) =>
    Array.from({ length: inFlightPerSession }, () => runLane(session, { sendNext, tally })),
  );
  await sleep(LEAD_MS);
  const startedMs = performance.now();
  options.onWindowStart();
  tally.phase = 'window';
  await sleep(windowMs);
  tally.phase = 'end';
  options.onWindowEnd();
  const durationMs = performance.now() - startedMs;
  const cut = setTimeout(() => closeAll(sessions), PATIENCE_MS);
  await Promise.all(lanes);
  clearTimeout(cut);
  return { ...tally, durationMs };
}

/** Ends connections, and with them the calls that still wait. */
export function closeAll(sessions: readonly ClientHttp2Session[]): void {
  for (const session of sessions) session.destroy();
}

function createSender({ headers, requests }: Drive): SendNext {
  const prepared = requests.map((request) => ({ request, frame: frameMessage(request.message) }));
  let sent = 0;
  return async (session) => {
    const next = prepared[sent % prepared.length];
    if (next === undefined) throw new Error('A workload must make requests.');
    const keepMessage = sent % SAMPLE_EVERY === 0;
    sent += 1;
    const { failure, message } = await callUnary(session, { headers, frame: next.frame, keepMessage });
    return failure ?? (keepMessage ? next.request.findFault(message) : undefined);
  };
}

async function runLane(session: ClientHttp2Session, { sendNext, tally }: { sendNext: SendNext; tally: Tally }) {
  while (tally.phase !== 'end' && !session.destroyed) {
    const failure = await sendNext(session);
    if (tally.phase === 'window') tally.calls += 1;
    if (failure === undefined) continue;
    tally.failed += 1;
    tally.firstFailure ??= failure;
  }
}
