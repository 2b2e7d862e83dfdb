import { CostClass } from '@tandem/contracts/options';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Admission } from './admission.ts';

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const CLASSES = [CostClass.POINT, CostClass.PAGE, CostClass.SCAN, CostClass.HASH, CostClass.STREAM];

/** What is counted of calls; each server has a registry of its own. */
export interface CallMetrics {
  /** Where a service adds metrics of its own. */
  readonly registry: Registry;
  /** Shows the calls in flight of this admission. */
  watchAdmission(admission: Admission): void;
  /** One call ended. Its code is a name, as `NOT_FOUND`. */
  countCall(method: string, code: string, durationMs: number): void;
  /** One call was turned away as too many. */
  countShed(costClass: CostClass): void;
  /** All of it in the text format of Prometheus. */
  text(): Promise<string>;
}

/** Calls by method and code, their duration, calls in flight and turned away by cost class, and the process itself. */
export function createCallMetrics(): CallMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const calls = new Counter({
    name: 'tandem_calls_total',
    help: 'Calls answered, by method and status code.',
    labelNames: ['method', 'code'],
    registers: [registry],
  });
  const durations = new Histogram({
    name: 'tandem_call_duration_seconds',
    help: 'Time from the call to its answer, by method.',
    labelNames: ['method'],
    buckets: SECONDS,
    registers: [registry],
  });
  const shed = new Counter({
    name: 'tandem_calls_shed_total',
    help: 'Calls turned away because too many were in flight, by cost class.',
    labelNames: ['cost_class'],
    registers: [registry],
  });
  return {
    registry,
    watchAdmission: (admission) => watchInFlight(registry, admission),
    countCall(method, code, durationMs) {
      calls.inc({ method, code });
      durations.observe({ method }, durationMs / 1000);
    },
    countShed: (costClass) => shed.inc({ cost_class: CostClass[costClass] }),
    text: () => registry.metrics(),
  };
}

function watchInFlight(registry: Registry, admission: Admission): void {
  new Gauge({
    name: 'tandem_calls_in_flight',
    help: 'Calls being worked on, by cost class.',
    labelNames: ['cost_class'],
    registers: [registry],
    collect() {
      for (const costClass of CLASSES) this.set({ cost_class: CostClass[costClass] }, admission.inFlight(costClass));
    },
  });
}
