import { CacheUnavailableError } from './cache-unavailable-error.ts';

/** The reason of a command that was not answered within its budget. */
export const timedOut = 'timed out';

/**
 * What `work` gives, or CacheUnavailableError once `budgetMs` milliseconds have passed; the work goes on unheard. What the
 * process itself was held up is not taken for silence: an answer that has arrived by then is still read.
 */
export function withinBudget<T>(work: Promise<T>, budgetMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const refuse = () => reject(new CacheUnavailableError(timedOut));
    // Sockets are read between timers and immediates.
    const timer = setTimeout(() => setImmediate(refuse), budgetMs);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
