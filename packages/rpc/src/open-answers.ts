import type { EventEmitter } from 'node:events';

/**
 * Answers that are not out, for the drain: a handler may long be done while its reader is slow. Whether the caller then
 * ends its own side of the call, or closes its connection, does not count.
 */
export interface OpenAnswers {
  /** Counts a response from the beginning of its call until its last byte has room on the wire, or its caller is gone. */
  add(response: Pick<EventEmitter, 'once'>): void;
  /** Resolves as soon as none is open. */
  whenOut(): Promise<void>;
}

export function createOpenAnswers(): OpenAnswers {
  const open = new Set<object>();
  let waiting: (() => void)[] = [];
  return {
    add(response) {
      open.add(response);
      const settle = () => {
        open.delete(response);
        if (open.size > 0) return;
        for (const resolve of waiting) resolve();
        waiting = [];
      };
      response.once('finish', settle);
      response.once('close', settle);
    },
    whenOut: () => (open.size === 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))),
  };
}
