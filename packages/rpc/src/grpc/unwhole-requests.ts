import type { TandemError } from '../errors.ts';
import { tooSlow } from '../unreceived.ts';

const LOOK_EVERY_MS = 1000;

/** A request, or a stream of them, that has not come to its end. */
export interface UnwholeRequest {
  /** Whether its call has begun, and only the rest of a message is missing. */
  readonly hasBegun: boolean;
  /** For how long it has been waited for; kept by `UnwholeRequests`. */
  waitedMs: number;
  /** Whether more of it is waited for, and nothing new has come to its end since this was last asked. */
  isStalled(): boolean;
  giveUp(reason: TandemError): void;
}

/**
 * The requests of a server that are not whole. One look a second at them all costs a call less than a timer of its own;
 * a request may so take up to a second longer than it may.
 */
export class UnwholeRequests {
  readonly #requests = new Set<UnwholeRequest>();
  readonly #maxMs: number;
  #timer: NodeJS.Timeout | undefined;
  #ended: TandemError | undefined;

  constructor({ maxMs }: { maxMs: number }) {
    this.#maxMs = maxMs;
  }

  add(request: UnwholeRequest): void {
    this.#requests.add(request);
    this.#timer ??= setInterval(() => this.#look(), Math.min(LOOK_EVERY_MS, this.#maxMs)).unref();
  }

  delete(request: UnwholeRequest): void {
    this.#requests.delete(request);
  }

  /** Why no call is to begin any more, if that is so. */
  get ended(): TandemError | undefined {
    return this.#ended;
  }

  /** Gives up those whose call has not begun. */
  end(reason: TandemError): void {
    this.#ended = reason;
    for (const request of this.#requests) if (!request.hasBegun) request.giveUp(reason);
  }

  #look(): void {
    if (this.#requests.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
    for (const request of this.#requests) {
      request.waitedMs = request.isStalled() ? request.waitedMs + Math.min(LOOK_EVERY_MS, this.#maxMs) : 0;
      if (request.waitedMs > this.#maxMs) request.giveUp(tooSlow());
    }
  }
}
