/** Ends waits: whoever waits within `bounded` is given the reason as soon as there is one. */
export class Interruption<R extends Error> {
  #reason: R | undefined;
  #givers: Set<(reason: R) => void> | undefined;

  /** Why, if it has come. */
  get reason(): R | undefined {
    return this.#reason;
  }

  /** Without effect after the first time. */
  interrupt(reason: R): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    for (const giveUp of this.#givers ?? []) giveUp(reason);
  }

  /** What the work gives, or rejects with the reason as soon as there is one; what the work gives later is dropped. */
  bounded<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#reason !== undefined) reject(this.#reason);
      this.#givers ??= new Set();
      this.#givers.add(reject);
      const settle = () => this.#givers?.delete(reject);
      work.then(
        (value) => {
          settle();
          resolve(value);
        },
        (error) => {
          settle();
          reject(error);
        },
      );
    });
  }
}
