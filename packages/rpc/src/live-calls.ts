import type { DescMethod } from '@bufbuild/protobuf';
import type { TandemError } from './errors.ts';
import type { LiveCall } from './live-call.ts';

/** The calls whose handlers run, for the drain: a handler that overran its deadline runs until it is really done. */
export interface LiveCalls {
  add(call: LiveCall, kind: DescMethod['methodKind']): void;
  delete(call: LiveCall): void;
  /** Ends every server stream with this reason. */
  abortServerStreams(reason: TandemError): void;
  /** Ends everything with this reason. */
  abortAll(reason: TandemError): void;
  /** Resolves as soon as no handler runs. */
  whenIdle(): Promise<void>;
}

/** The calls of one server; none runs yet. */
export function createLiveCalls(): LiveCalls {
  const calls = new Map<LiveCall, DescMethod['methodKind']>();
  let waiting: (() => void)[] = [];
  return {
    add: (call, kind) => void calls.set(call, kind),
    delete(call) {
      calls.delete(call);
      if (calls.size > 0) return;
      for (const resolve of waiting) resolve();
      waiting = [];
    },
    abortServerStreams(reason) {
      for (const [call, kind] of calls) if (kind === 'server_streaming') call.abort(reason);
    },
    abortAll(reason) {
      for (const call of calls.keys()) call.abort(reason);
    },
    whenIdle: () => (calls.size === 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))),
  };
}
