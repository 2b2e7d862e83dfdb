import { Code, ConnectError, type HandlerContext } from '@connectrpc/connect';
import { Idempotency } from '@tandem/contracts/options';
import type { Call } from './call.ts';
import { TandemError } from './errors.ts';
import { Interruption } from './interruption.ts';
import { maxTimerMs } from './max-timer.ts';
import type { MutationClaim } from './mutation-claim.ts';

/** What to do after a deadline, by the method's policy. */
const ADVICE: Readonly<Record<Idempotency, string>> = {
  [Idempotency.UNSPECIFIED]: 'Whether a change was made is not known.',
  [Idempotency.READ]: 'Send it again, with more time.',
  [Idempotency.REQUEST_ID_OPTIONAL]:
    'Whether a change was made is not known: send it again with the same request_id, with more time.',
  [Idempotency.REQUEST_ID_REQUIRED]:
    'Whether a change was made is not known: send it again with the same request_id, with more time.',
  [Idempotency.NATURAL]:
    'Whether a change was made is not known: send it again, with more time; twice has the effect of once.',
};

/** What a call begins with. */
export interface CallStart {
  readonly context: HandlerContext;
  readonly requestId: string;
  readonly caller: string;
  readonly deadline: number;
  readonly traceparent: string | undefined;
  /** What its method's policy says. */
  readonly idempotency: Idempotency;
}

/**
 * A call while it runs: owns its deadline. Once it is aborted, whatever waits within `bounded` is given up at once, and
 * what the work gives later is dropped.
 */
export class LiveCall implements Call {
  readonly startedAt = performance.now();
  readonly requestId: string;
  readonly caller: string;
  readonly deadline: number;
  readonly traceparent: string | undefined;
  claim: MutationClaim | undefined;
  readonly #context: HandlerContext;
  readonly #idempotency: Idempotency;
  #controller: AbortController | undefined;
  readonly #abortion = new Interruption<TandemError>();
  #timer: NodeJS.Timeout | undefined;
  #over = false;

  constructor(start: CallStart) {
    this.#context = start.context;
    this.#idempotency = start.idempotency;
    this.requestId = start.requestId;
    this.caller = start.caller;
    this.deadline = start.deadline;
    this.traceparent = start.traceparent;
    if (start.deadline !== Number.POSITIVE_INFINITY) this.#armTimer();
  }

  /** Made, and bound to the port's own signal, on first use. */
  get signal(): AbortSignal {
    this.#controller ??= this.#createController();
    return this.#controller.signal;
  }

  /** Why the call was aborted, if it was. */
  get abortReason(): TandemError | undefined {
    return this.#abortion.reason;
  }

  /** Ends the call's work with this reason; without effect once the call is over or aborted. */
  abort(reason: TandemError): void {
    if (this.#over || this.abortReason !== undefined) return;
    this.#abortion.interrupt(reason);
    this.#controller?.abort(reason);
  }

  /** What the work gives, or the reason of an abort as soon as there is one. */
  bounded<T>(work: Promise<T>): Promise<T> {
    return this.#abortion.bounded(work);
  }

  /** The answer is on its way: nothing aborts the call any more, but a signal that was handed out and still is in use. */
  end(): void {
    this.#over = true;
    clearTimeout(this.#timer);
  }

  /** A timer holds 24.8 days at most; a longer deadline takes several. */
  #armTimer(): void {
    const leftMs = this.deadline - Date.now();
    if (leftMs <= 0) this.abort(deadlineExceeded(this.#idempotency));
    else this.#timer = setTimeout(() => this.#armTimer(), Math.min(Math.ceil(leftMs), maxTimerMs));
  }

  #createController(): AbortController {
    const controller = new AbortController();
    const { signal } = this.#context;
    if (this.abortReason !== undefined) controller.abort(this.abortReason);
    else if (signal.aborted) this.#departAndAbort(controller);
    else signal.addEventListener('abort', () => this.#departAndAbort(controller), { once: true });
    return controller;
  }

  #departAndAbort(controller: AbortController): void {
    if (this.#over) return;
    const { reason } = this.#context.signal;
    const overdue = reason instanceof ConnectError && reason.code === Code.DeadlineExceeded;
    this.abort(overdue || Date.now() >= this.deadline ? deadlineExceeded(this.#idempotency) : callerGone());
    controller.abort(this.abortReason);
  }
}

function deadlineExceeded(idempotency: Idempotency): TandemError {
  return new TandemError('DEADLINE_EXCEEDED', `The time for this call is over. ${ADVICE[idempotency]}`);
}

function callerGone(): TandemError {
  return new TandemError('CANCELLED', 'The caller went away before the answer.');
}
