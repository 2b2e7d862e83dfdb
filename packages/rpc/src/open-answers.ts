import type { Writable } from 'node:stream';

/** What is looked at of a response, over whichever HTTP. */
export type OpenAnswer = Pick<Writable, 'on' | 'once' | 'writableFinished'>;

/**
 * Answers that are not out, for the drain: a handler may long be done while its reader is slow. Whether the caller then
 * ends its own side of the call, or closes its connection, does not count.
 */
export interface OpenAnswers {
  /** Counts a response from the beginning of its call until its last byte has room on the wire, or its caller is gone. */
  add(response: OpenAnswer): void;
  /** Resolves as soon as none is open. */
  whenOut(): Promise<void>;
}

/** The answers of one server, on both its ports; none is open yet. */
export function createOpenAnswers(): OpenAnswers {
  const open = new Set<OpenAnswer>();
  let whenSettled: (() => void) | undefined;

  function settle(this: OpenAnswer): void {
    open.delete(this);
    whenSettled?.();
  }

  return {
    add(response) {
      open.add(response);
      response.on('close', settle); // comes once
      if (whenSettled) response.once('finish', settle);
    },
    // Only now by 'finish', which comes first where a caller does not end its side: each listener costs each call.
    async whenOut() {
      const { promise, resolve } = Promise.withResolvers<void>();
      whenSettled = () => {
        if (open.size === 0) resolve();
      };
      for (const response of open) {
        if (response.writableFinished) open.delete(response);
        else response.once('finish', settle);
      }
      whenSettled();
      await promise;
    },
  };
}
