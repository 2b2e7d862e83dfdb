import { waitUntil } from '@tandem/dev-stack';

/** A call to make. */
export interface LoadCall {
  readonly requestId: string;
  readonly request: { readonly email: string; readonly name: string };
}

/** A call that is over: `OK`, or what came instead of an answer. */
export type EndedCall = Pick<LoadCall, 'requestId'> & { readonly outcome: string };

/** Calls one after another on each of 12 lanes until it is told to stop; gives what came of them. */
export function startLoad(name: string, send: (call: LoadCall, n: number) => Promise<string>) {
  const ended: EndedCall[] = [];
  let [made, stopped] = [0, false];
  const lane = async () => {
    while (!stopped) {
      const n = made++;
      const requestId = `${name}-${n}`;
      const outcome = await send({ requestId, request: { email: `${Math.random()}@drain.example`, name } }, n);
      ended.push({ requestId, outcome });
      // Nothing else would run while refusals come without a wait.
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  const lanes = Promise.all(Array.from({ length: 12 }, lane));
  const countOk = () => ended.filter(({ outcome }) => outcome === 'OK').length;
  return {
    answered: (count: number) => waitUntil(() => countOk() >= count, { timeoutMs: 20_000 }),
    stop: async () => {
      stopped = true;
      await lanes;
      return ended;
    },
  };
}
