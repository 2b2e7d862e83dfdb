import { createMemoryDriver } from '@tandem/cache/testing';
import { expect, it } from 'vitest';
import { createEmailPointers } from './email-pointers.ts';

it('forgets what it was told at once not at once: after 5 min, give or take 10 %', async () => {
  let now = 0;
  const pointers = createEmailPointers(createMemoryDriver({ now: () => now }));
  const emails = Array.from({ length: 100 }, (_, n) => `${n}@example.org`);
  await Promise.all(emails.map((email) => pointers.keep(email, 'id')));
  const countKnown = async (atMs: number) => {
    now = atMs;
    return (await Promise.all(emails.map(pointers.find))).filter((id) => id !== undefined).length;
  };
  expect(await countKnown(269_999)).toBe(emails.length);
  expect(await countKnown(300_000)).toBeGreaterThan(0);
  expect(await countKnown(300_001)).toBeLessThan(emails.length);
  expect(await countKnown(330_001)).toBe(0);
});
