import { describe, expect, it } from 'vitest';
import { KeptStore, type KeptStoreOptions } from './kept-store.ts';
import type { StartedStore } from './postgres.ts';
import { waitUntil } from './wait-until.ts';

/** A server that is only a promise of its end. */
function makeServer(): { store: StartedStore; end: (how: string) => void; readonly stopped: boolean } {
  const exited = Promise.withResolvers<string>();
  let stopped = false;
  const stop = async () => {
    stopped = true;
    exited.resolve('SIGTERM');
  };
  const process = { name: 'Redis', pid: 1, exited: exited.promise, stop };
  return {
    store: { process, url: 'redis://127.0.0.1:1' },
    end: exited.resolve,
    get stopped() {
      return stopped;
    },
  };
}

function keep(options: Omit<KeptStoreOptions, 'started' | 'quickStop'>) {
  const first = makeServer();
  const told: string[] = [];
  const kept = new KeptStore({
    started: first.store,
    quickStop: true,
    pauseMs: 0,
    onRestart: (end) => told.push(`again after ${end}`),
    onLost: (end, error) => told.push(`lost after ${end}: ${error instanceof Error ? error.message : 'not tried'}`),
    ...options,
  });
  return { kept, first, told };
}

describe('KeptStore', () => {
  it('gives up after ten starts in a row, and tells why the last one failed', async () => {
    let starts = 0;
    const startAgain = async () => {
      starts += 1;
      throw new Error(`no room ${starts}`);
    };
    const { kept, first, told } = keep({ startAgain });
    first.end('exit code 1');
    await waitUntil(() => told.length > 0, { timeoutMs: 5_000 });
    expect(told).toEqual(['lost after exit code 1: no room 10']);
    await kept[Symbol.asyncDispose]();
  });

  it('does not start a store for ever that ends right after each start', async () => {
    const startAgain = async () => {
      const next = makeServer();
      next.end('SIGSEGV');
      return next.store;
    };
    const { kept, first, told } = keep({ startAgain });
    first.end('SIGSEGV');
    await waitUntil(() => told.at(-1)?.startsWith('lost') === true, { timeoutMs: 5_000 });
    expect(told).toHaveLength(11);
    await kept[Symbol.asyncDispose]();
  });

  it('stops the store that was just being started when it is disposed of', async () => {
    const second = makeServer();
    const asked = Promise.withResolvers<void>();
    const ready = Promise.withResolvers<void>();
    const startAgain = async () => {
      asked.resolve();
      await ready.promise;
      return second.store;
    };
    const { kept, first } = keep({ startAgain });
    first.end('SIGKILL');
    await asked.promise;
    const disposed = kept[Symbol.asyncDispose]();
    ready.resolve();
    await disposed;
    expect(second.stopped).toBe(true);
  });

  it('does not start again what it has stopped itself', async () => {
    const { kept, first, told } = keep({ startAgain: () => Promise.reject(new Error('started')) });
    await kept[Symbol.asyncDispose]();
    expect([first.stopped, told]).toEqual([true, []]);
  });
});
