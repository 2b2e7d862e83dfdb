import { Counter, Gauge, type Metric } from 'prom-client';
import type { BreakerState } from './breaker.ts';
import type { CommandTally } from './command-tally.ts';
import { createEntityTally, type EntityTally } from './entity-tally.ts';
import { createFenceTally, type FenceTally } from './fence-tally.ts';
import type { RedisConnection } from './redis-connection.ts';

/** What is counted of a service's cache. */
export interface CacheMetrics {
  /** To be registered where the service's metrics are. */
  readonly metrics: readonly Metric[];
  /** The tally of one kind of entity; the same for the same name. */
  entity(name: string): EntityTally;
  readonly fences: FenceTally;
  /** Shows what may be asked of each node of this connection, and what was sent there. */
  watch(connection: Watched): void;
}

type Watched = Pick<RedisConnection, 'states' | 'commands'>;

/** Metrics of a cache, for one registry. Counted by hand and shown when asked: counting with labels would cost a hit 2 µs. */
export function createCacheMetrics(): CacheMetrics {
  const entities = new Map<string, EntityTally>();
  const fences = createFenceTally();
  const connections: Watched[] = [];
  return {
    metrics: [showReads(entities), showFences(fences), showCommands(connections), showNodes(connections)],
    fences,
    entity(name) {
      const tally = entities.get(name) ?? createEntityTally();
      entities.set(name, tally);
      return tally;
    },
    watch: (connection) => void connections.push(connection),
  };
}

function showReads(entities: ReadonlyMap<string, EntityTally>): Metric {
  return new Counter({
    name: 'tandem_cache_reads_total',
    help: 'Reads of cached entities, by entity and what became of them. refused_fills: what was read may have been old.',
    labelNames: ['entity', 'outcome'],
    registers: [],
    collect() {
      this.reset();
      for (const [entity, tally] of entities) {
        for (const [outcome, count] of namedCounts(tally)) this.inc({ entity, outcome }, count);
      }
    },
  });
}

function showFences(tally: FenceTally): Metric {
  return showOutcomes({
    name: 'tandem_cache_fenced_keys_total',
    help: 'Keys of written entities, by the step that Redis confirmed or did not, and what was done instead.',
    tallies: () => [tally],
  });
}

function showCommands(connections: readonly Watched[]): Metric {
  return showOutcomes({
    name: 'tandem_cache_commands_total',
    help: 'Commands for Redis, by whether they were sent. unsent: the node does not answer, and nobody waited for it.',
    tallies: () => connections.map(({ commands }) => commands),
  });
}

interface Outcomes {
  readonly name: string;
  readonly help: string;
  /** What is shown is their sum. */
  readonly tallies: () => readonly (FenceTally | CommandTally)[];
}

function showOutcomes({ name, help, tallies }: Outcomes): Metric {
  return new Counter({
    name,
    help,
    labelNames: ['outcome'],
    registers: [],
    collect() {
      this.reset();
      for (const tally of tallies()) {
        for (const [outcome, count] of namedCounts(tally)) this.inc({ outcome }, count);
      }
    },
  });
}

function showNodes(connections: readonly Watched[]): Metric {
  return new Gauge({
    name: 'tandem_cache_node_state',
    help: 'What may be asked of each node of Redis: 0 nothing, 1 writes, 2 all. The one server there is has no name.',
    labelNames: ['node'],
    registers: [],
    collect() {
      this.reset();
      for (const connection of connections) {
        for (const [node, state] of connection.states()) this.set({ node }, stateNumbers[state]);
      }
    },
  });
}

const stateNumbers = { nothing: 0, writes: 1, all: 2 } as const satisfies Record<BreakerState, number>;

/** The counts of a tally by names in the manner of Prometheus: `metWriters` is `met_writers`. */
function namedCounts(tally: EntityTally | FenceTally | CommandTally): [name: string, count: number][] {
  return Object.entries(tally).map(([name, count]) => [
    name.replace(/[A-Z]/g, (big) => `_${big.toLowerCase()}`),
    count,
  ]);
}
