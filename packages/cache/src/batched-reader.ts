import type { ProtocolDriver } from './protocol-driver.ts';

type ReadDriver = Pick<ProtocolDriver, 'getMany' | 'nodeOf'>;

/** How reads are gathered. */
export interface BatchedReaderOptions {
  /** Most keys in one round trip. Default 1000: as many as a batch of the contract has. */
  readonly maxBatchSize?: number;
}

/** What a read came to: the bytes, or undefined when the key is absent; or why the round trip failed. */
export type BatchedRead = { readonly value: Uint8Array | undefined } | { readonly error: unknown };

/** Reads keys; the reads of one event-loop tick become one round trip for each node. */
export interface BatchedReader {
  /**
   * What became of each key, in their order. Never rejects: a round trip that failed fails its own keys only. Those who ask
   * for the same key in one tick get the same bytes; nobody changes them.
   */
  read(keys: readonly string[]): Promise<BatchedRead[]>;
}

/** A round trip that gathers keys until it is sent. */
interface Trip {
  readonly positions: Map<string, number>;
  readonly outcome: Promise<readonly BatchedRead[]>;
}

/**
 * A BatchedReader over `driver`. Nothing is remembered between ticks, and no read joins a round trip that has been sent:
 * it may have begun before a write that the caller knows of.
 */
export function createBatchedReader(driver: ReadDriver, options: BatchedReaderOptions = {}): BatchedReader {
  return new TickReader(driver, options);
}

class TickReader implements BatchedReader {
  readonly #driver: ReadDriver;
  readonly #maxBatchSize: number;
  /** By node. */
  readonly #gathering = new Map<string, Trip>();

  constructor(driver: ReadDriver, { maxBatchSize = 1_000 }: BatchedReaderOptions) {
    this.#driver = driver;
    this.#maxBatchSize = maxBatchSize;
  }

  async read(keys: readonly string[]): Promise<BatchedRead[]> {
    const trips = new Set<Trip>();
    const places = keys.map((key) => {
      const trip = this.#tripOf(key);
      trips.add(trip);
      return { trip, position: place(trip, key) };
    });
    const outcomes = new Map<Trip, readonly BatchedRead[]>();
    for (const trip of trips) outcomes.set(trip, await trip.outcome);
    return places.map(({ trip, position }) => outcomes.get(trip)?.[position] ?? { value: undefined });
  }

  #tripOf(key: string): Trip {
    const node = this.#driver.nodeOf(key);
    const trip = this.#gathering.get(node);
    const isFull = trip !== undefined && trip.positions.size >= this.#maxBatchSize && !trip.positions.has(key);
    return trip === undefined || isFull ? this.#begin(node) : trip;
  }

  #begin(node: string): Trip {
    const positions = new Map<string, number>();
    // A microtask would come too early: calls that arrive in one tick would not meet.
    const due = new Promise((resolve) => setImmediate(resolve));
    const send = () => {
      if (this.#gathering.get(node) === trip) this.#gathering.delete(node);
      return readOnce(this.#driver, [...positions.keys()]);
    };
    const trip: Trip = { positions, outcome: due.then(send) };
    this.#gathering.set(node, trip);
    return trip;
  }
}

/** Each key is asked for once, however many callers want it. */
function place({ positions }: Trip, key: string): number {
  const position = positions.get(key) ?? positions.size;
  positions.set(key, position);
  return position;
}

async function readOnce(driver: ReadDriver, keys: readonly string[]): Promise<readonly BatchedRead[]> {
  try {
    return (await driver.getMany(keys)).map((value) => ({ value }));
  } catch (error) {
    return keys.map(() => ({ error }));
  }
}
