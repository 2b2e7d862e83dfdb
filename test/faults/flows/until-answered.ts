import { randomInt } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { ConnectError } from '@connectrpc/connect';
import { describeRefusal } from '../../pair/refusal.ts';

const mayTryAgain = new Set(['Unavailable', 'DeadlineExceeded', 'ResourceExhausted', 'Aborted', 'Canceled', 'Unknown']);

/** Whether an error leaves open what became of the call, so that it is sent again. */
export function isUnclear(error: unknown): boolean {
  return error instanceof ConnectError && mayTryAgain.has(describeRefusal(error).code);
}

/** Sends the same call until it is answered. @throws a refusal that is an answer */
export async function untilAnswered<Reply>(send: () => Promise<Reply>): Promise<Reply> {
  for (;;) {
    try {
      return await send();
    } catch (error) {
      if (!isUnclear(error)) throw error;
      await pause(randomInt(50, 250));
    }
  }
}

/** Sends a call once. Undefined: what became of it is not known. @throws a refusal that is an answer */
export async function tryOnce<Reply>(send: () => Promise<Reply>): Promise<Reply | undefined> {
  try {
    return await send();
  } catch (error) {
    if (!isUnclear(error)) throw error;
    return undefined;
  }
}
