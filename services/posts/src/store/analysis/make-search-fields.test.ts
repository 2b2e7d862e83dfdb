import { expect, it, vi } from 'vitest';
import { indexText } from '../../domain/search/index-text.ts';
import { toSearchFields } from '../search-fields.ts';
import { makeSearchFields } from './make-search-fields.ts';

vi.setConfig({ testTimeout: 120_000 });
const make = (content: string) => ({ title: 'A title', tags: ['tag'], content, language: 'en' });
const units = 2 ** 20 - 100;

it('analyses what is written once, however often it is asked for', async () => {
  const [text, other] = [make('leek '.repeat(1_000)), make('soup '.repeat(1_000))];
  const asked = await Promise.all([makeSearchFields([text, text]), makeSearchFields([other, text])]);
  const [one, two, three, four] = asked.flat();
  expect(new Set([one, two, four]).size).toBe(1);
  expect(one).toEqual(toSearchFields(indexText(text)));
  expect(three).toEqual(toSearchFields(indexText(other)));
  expect((await makeSearchFields([{ ...text, language: 'fr' }]))[0]).not.toBe(one);
  expect((await makeSearchFields([{ ...text }]))[0]).toBe(one);
});

it('keeps the latest 4 MiB only, and what is asked for while others take its place', async () => {
  const first = make('x'.repeat(units));
  const [fields] = await makeSearchFields([first]);
  for (const letter of ['a', 'b', 'c']) await makeSearchFields([make(letter.repeat(units))]);
  expect((await makeSearchFields([make('y'.repeat(units)), first]))[1]).toBe(fields);
  expect((await makeSearchFields([first]))[0]).not.toBe(fields);
});
