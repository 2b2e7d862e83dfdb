import { setImmediate as nextTurn, setTimeout as rest } from 'node:timers/promises';
import { waitUntil } from '@tandem/dev-stack';

/** A call to make. */
export interface LoadCall {
  readonly requestId: string;
  readonly request: { readonly email: string; readonly name: string };
}

/** A call that is over: `OK`, or what came instead of an answer. */
export type EndedCall = Pick<LoadCall, 'requestId'> & { readonly outcome: string };

/** How hard a load drives. */
interface LoadPace {
  /** Calls at once. Default 12. */
  readonly lanes?: number;
  /** From the end of a call to the next of its lane. Default none: as fast as answers come. */
  readonly restMs?: number;
}

/** Calls one after another on each lane until it is told to stop; gives what came of them. */
export function startLoad(
  name: string,
  send: (call: LoadCall, n: number) => Promise<string>,
  { lanes: count = 12, restMs = 0 }: LoadPace = {},
) {
  const ended: EndedCall[] = [];
  let [made, stopped] = [0, false];
  const lane = async () => {
    while (!stopped) {
      const n = made++;
      const requestId = `${name}-${n}`;
      const outcome = await send({ requestId, request: { email: `${Math.random()}@drain.example`, name } }, n);
      ended.push({ requestId, outcome });
      // Without any rest nothing else would run while refusals come at once.
      await (restMs > 0 ? rest(restMs) : nextTurn());
    }
  };
  const lanes = Promise.all(Array.from({ length: count }, lane));
  const countOk = () => ended.filter(({ outcome }) => outcome === 'OK').length;
  return {
    answered: (least: number) => waitUntil(() => countOk() >= least, { timeoutMs: 20_000 }),
    stop: async () => {
      stopped = true;
      await lanes;
      return ended;
    },
  };
}
