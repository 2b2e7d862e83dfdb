import { CostClass } from '@tandem/contracts/options';
import { TandemError } from './errors.ts';

/** How many calls of each cost class may be in flight at once. */
export type InFlightLimits = Readonly<Record<Exclude<keyof typeof CostClass, 'UNSPECIFIED'>, number>>;

/** Generous: reads are batched by tick, so that many in flight are cheap; scans and hashes are not. */
export const DEFAULT_IN_FLIGHT_LIMITS: InFlightLimits = { POINT: 4096, PAGE: 1024, SCAN: 256, HASH: 256, STREAM: 256 };

/** Lets calls in by cost class, and turns away at once what is too many or comes while the server drains. */
export interface Admission {
  /** @throws TandemError `OVERLOADED`, `DRAINING` */
  enter(costClass: CostClass): void;
  /** For each `enter` that returned: its work is over, not only its answer out. */
  leave(costClass: CostClass): void;
  /** Calls in flight of a class. */
  inFlight(costClass: CostClass): number;
  /** From now on nothing is let in. */
  close(): void;
}

/** @param onShed told of each call that was turned away as too many */
export function createAdmission(limits: InFlightLimits, onShed: (costClass: CostClass) => void): Admission {
  const limitOf = new Map(
    Object.entries(limits).map(([name, limit]) => [CostClass[name as keyof InFlightLimits], limit]),
  );
  const counts: number[] = Object.keys(CostClass).map(() => 0);
  let closed = false;
  return {
    enter(costClass) {
      if (closed) throw draining();
      const count = counts[costClass] ?? 0;
      if (count >= (limitOf.get(costClass) ?? 0)) {
        onShed(costClass);
        throw new TandemError(
          'OVERLOADED',
          `${count} calls of this kind are in flight, as many as may be. Try again later.`,
        );
      }
      counts[costClass] = count + 1;
    },
    leave(costClass) {
      counts[costClass] = (counts[costClass] ?? 1) - 1;
    },
    inFlight: (costClass) => counts[costClass] ?? 0,
    close() {
      closed = true;
    },
  };
}

/** The refusal of a server that shuts down. */
export function draining(): TandemError {
  return new TandemError(
    'DRAINING',
    'The server is shutting down. Try again: another one, or this one soon, will answer.',
  );
}
