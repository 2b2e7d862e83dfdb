import { expect, it } from 'vitest';
import { startRecordSweeper } from './record-sweeper.ts';

it('goes on after a failure, and tells each change once', async () => {
  const told: string[] = [];
  const results = ['', 'down', 'down', 'denied', '', ''];
  const log = {
    info: (text: string) => void told.push(text),
    warn: ({ problem }: { problem: string }) => void told.push(problem),
  };
  const done = Promise.withResolvers<void>();
  const sweep = async () => {
    const problem = results.shift();
    if (problem === undefined) done.resolve();
    else if (problem !== '') throw new Error(problem);
  };
  await using _sweeper = startRecordSweeper({ what: 'sessions', sweep, log, intervalMs: 1 });
  await done.promise;
  expect(told).toEqual(['down', 'denied', 'sessions: expired ones are deleted again']);
});

it('ends the round under way when it is disposed, and says nothing of it', async () => {
  const told: unknown[] = [];
  const tell = (...line: unknown[]) => void told.push(line);
  const sweeper = startRecordSweeper({
    what: 'sessions',
    sweep: (signal) =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason));
      }),
    log: { info: tell, warn: tell },
  });
  await sweeper[Symbol.asyncDispose]();
  expect(told).toEqual([]);
});
