/** To look at a call's signal may make it, which is dear; what is waited for is nearly always there before. */
const lookAfterMs = 20;

/** A caller who may go away. */
export interface Abortable {
  readonly signal: AbortSignal;
}

/** What the work gives, or rejects with the reason of the caller's signal once it is aborted; the work goes on for others. */
export function waitUnder<T>(call: Abortable, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    let signal: AbortSignal | undefined;
    const leave = () => reject(signal?.reason);
    const look = () => {
      signal = call.signal;
      if (signal.aborted) leave();
      signal.addEventListener('abort', leave, { once: true });
    };
    const timer = setTimeout(look, lookAfterMs);
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', leave);
    };
    work.then(resolve, reject).finally(end);
  });
}
