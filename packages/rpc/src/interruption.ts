/** Ends waits: whoever waits is given the reason as soon as there is one. */
export class Interruption<R extends Error> {
  #reason: R | undefined;
  /** The first who waits; nearly always the only one, and a set for it would cost more than all else here. */
  #first: ((reason: R) => void) | undefined;
  #others: Set<(reason: R) => void> | undefined;

  /** Why, if it has come. */
  get reason(): R | undefined {
    return this.#reason;
  }

  /** Without effect after the first time. */
  interrupt(reason: R): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    this.#first?.(reason);
    for (const giveUp of this.#others ?? []) giveUp(reason);
  }

  /** Calls back with the reason as soon as there is one, until `unsubscribe`. */
  subscribe(giveUp: (reason: R) => void): void {
    if (this.#reason !== undefined) giveUp(this.#reason);
    else if (this.#first === undefined) this.#first = giveUp;
    else {
      this.#others ??= new Set();
      this.#others.add(giveUp);
    }
  }

  unsubscribe(giveUp: (reason: R) => void): void {
    if (this.#first === giveUp) this.#first = undefined;
    else this.#others?.delete(giveUp);
  }

  /** What the work gives, or rejects with the reason as soon as there is one; what the work gives later is dropped. */
  bounded<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.subscribe(reject);
      work.then(
        (value) => {
          this.unsubscribe(reject);
          resolve(value);
        },
        (error) => {
          this.unsubscribe(reject);
          reject(error);
        },
      );
    });
  }
}
