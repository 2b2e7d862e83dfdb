import { expect, it } from 'vitest';
import { redactUrl } from './redact-url.ts';

it.each([
  ['postgres://user:secret@db.example:5432/users?password=secret', 'postgres://db.example:5432/users'],
  ['mongodb://a:secret@h:1/posts?authSource=secret#secret', 'mongodb://h:1/posts'],
  ['a secret in the wrong place', '(not a URL)'],
  ['unix:/secret', 'unix:…'],
])('shows of %s only what is no secret', (url, shown) => {
  expect(redactUrl(url)).toBe(shown);
  expect(shown).not.toContain('secret');
});
