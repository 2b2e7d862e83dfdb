import { CostClass } from '@tandem/contracts/options';
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { Admission } from './admission.ts';
import { createCallTallies } from './call-tallies.ts';

const CLASSES = [CostClass.POINT, CostClass.PAGE, CostClass.SCAN, CostClass.HASH, CostClass.STREAM];

/** What is counted of calls; each server has its own. */
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
  /** The names of metrics that are the same in every worker of a service: those whose `aggregator` is `first`. */
  listOfAll(): string[];
}

/** Calls by method and code, their duration, calls in flight and turned away by cost class, and the process itself. */
export function createCallMetrics(): CallMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const tallies = createCallTallies();
  const shed = new Counter({
    name: 'tandem_calls_shed_total',
    help: 'Calls turned away because too many were in flight, by cost class.',
    labelNames: ['cost_class'],
    registers: [registry],
  });
  return {
    registry,
    watchAdmission: (admission) => watchInFlight(registry, admission),
    countCall: tallies.count,
    countShed: (costClass) => shed.inc({ cost_class: CostClass[costClass] }),
    text: async () => (await registry.metrics()) + tallies.text(),
    listOfAll: () =>
      registry
        .getMetricsAsArray()
        .filter(({ aggregator }) => aggregator === 'first')
        .map(({ name }) => name),
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
