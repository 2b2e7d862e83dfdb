import { expect, it } from 'vitest';
import { repeatInBackground } from './repeat-in-background.ts';

it('goes on after a failure, and tells each change once', async () => {
  const told: string[] = [];
  const results = ['', 'down', 'down', 'denied', '', ''];
  const log = {
    info: (text: string) => void told.push(text),
    warn: ({ problem }: { problem: string }) => void told.push(problem),
  };
  const done = Promise.withResolvers<void>();
  const work = async () => {
    const problem = results.shift();
    if (problem === undefined) done.resolve();
    else if (problem !== '') throw new Error(problem);
  };
  await using _background = repeatInBackground({ what: 'sessions', work, log, intervalMs: 1 });
  await done.promise;
  expect(told).toEqual(['down', 'denied', 'sessions: goes on again']);
});

it('ends the round under way when it is disposed, and says nothing of it', async () => {
  const told: unknown[] = [];
  const tell = (...line: unknown[]) => void told.push(line);
  const background = repeatInBackground({
    what: 'sessions',
    work: (signal) =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason));
      }),
    log: { info: tell, warn: tell },
    intervalMs: 1,
  });
  await background[Symbol.asyncDispose]();
  expect(told).toEqual([]);
});
