import type { UsersClient } from '@tandem/contracts';

/** A call that is over. */
export interface ObservedCall {
  readonly method: 'getUser' | 'updateUser' | 'validateSession';
  /** In milliseconds of `performance.now()`. */
  readonly sentAtMs: number;
  readonly tookMs: number;
  /** What was thrown; undefined of one that was answered. */
  readonly failure: unknown;
}

/** The same client, each of whose calls is noted when it is over. */
export function observeCalls(client: UsersClient, note: (call: ObservedCall) => void): UsersClient {
  const observe =
    <Args extends unknown[], Reply>(method: ObservedCall['method'], call: (...args: Args) => Promise<Reply>) =>
    async (...args: Args): Promise<Reply> => {
      const sentAtMs = performance.now();
      const noteEnd = (failure?: unknown) => note({ method, sentAtMs, tookMs: performance.now() - sentAtMs, failure });
      try {
        const reply = await call(...args);
        noteEnd();
        return reply;
      } catch (error) {
        noteEnd(error ?? 'unknown');
        throw error;
      }
    };
  return {
    ...client,
    getUser: observe('getUser', client.getUser),
    updateUser: observe('updateUser', client.updateUser),
    validateSession: observe('validateSession', client.validateSession),
  };
}
