import { fold, words } from '@tandem/text';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { useUsersDatabase } from '../../../../test/support/use-users-database.ts';
import { makeSearchText } from '../domain/search-text.ts';

const client = new pg.Client({ connectionString: await useUsersDatabase() });
beforeAll(() => client.connect());
afterAll(() => client.end());

const assigned = /[^\p{Cn}\p{Cs}\p{Co}]/u;
const charactersAtOnce = 20_000;

function allCharacters(): string[] {
  const codePoints = Array.from({ length: 0x110000 }, (_, codePoint) => codePoint);
  return codePoints
    .filter((codePoint) => codePoint > 0 && (codePoint < 0xd800 || codePoint > 0xdfff))
    .map((codePoint) => String.fromCodePoint(codePoint))
    .filter((character) => assigned.test(character));
}

async function readStored(texts: readonly string[]): Promise<string[]> {
  const sql = `SELECT user_search_text(folded, 'a@b') AS text FROM unnest($1::text[]) AS t(folded)`;
  return (await client.query<{ text: string }>(sql, [texts])).rows.map(({ text }) => text);
}

function expectedText(folded: string): string {
  return words(folded)
    .map(({ text }) => `n${text}`)
    .join(' ');
}

describe('the text that is searched', () => {
  it('separates words as packages/text does, by every character that there is', { timeout: 120_000 }, async () => {
    const characters = allCharacters();
    expect(characters.length).toBeGreaterThan(150_000);
    for (let start = 0; start < characters.length; start += charactersAtOnce) {
      const part = characters.slice(start, start + charactersAtOnce).map((character) => fold(`a${character}b`));
      const stored = await readStored(part);
      const wrong = part.filter((folded, index) => stored[index] !== ` ${expectedText(folded)} ea eb `);
      expect(wrong).toEqual([]);
      const brought = part.map((nameFolded) => makeSearchText({ nameFolded, email: 'a@b' }));
      expect(part.filter((_, index) => stored[index] !== brought[index])).toEqual([]);
    }
  });

  it.each([
    ['-Ada-', 'A_B.c@Example.org', ' n nada n ea eb ec eexample eorg '],
    ['', '', ' n e '],
  ])('of %j and %j is %j', async (name, email, text) => {
    const { rows } = await client.query('SELECT user_search_text($1, $2) AS text', [fold(name), email]);
    expect(rows).toEqual([{ text }]);
    expect(makeSearchText({ nameFolded: fold(name), email })).toBe(text);
  });

  it('takes the longest name that folding can make', async () => {
    const longest = '\ud835\udcb3'.repeat(600);
    const [text = ''] = await readStored([longest]);
    expect(Array.from(text).length).toBeLessThan(520);
    expect(makeSearchText({ nameFolded: longest, email: 'a@b' })).toBe(text);
    const id = '01900000-0000-7000-8000-000000000001';
    const insert = `INSERT INTO users (id, email, name, name_folded) VALUES ($1, 'long@example.org', 'x', $2)`;
    await client.query(insert, [id, '\u{20000}'.repeat(600)]);
  });

  it('is made for whoever brings none, and anew where name or e-mail change; it is never missing', async () => {
    const id = '01900000-0000-7000-8000-000000000002';
    const write = async (sql: string) =>
      (await client.query<{ text: string }>(`${sql} RETURNING search_text AS text`)).rows[0]?.text;
    const columns = 'INSERT INTO users (id, email, name, name_folded';
    expect(await write(`${columns}) VALUES ('${id}', 'ada@x.y', 'Ada', 'ada')`)).toBe(' nada eada ex ey ');
    expect(await write(`UPDATE users SET name_folded = 'eva' WHERE id = '${id}'`)).toBe(' neva eada ex ey ');
    expect(await write(`UPDATE users SET email = 'eva@x.y' WHERE id = '${id}'`)).toBe(' neva eeva ex ey ');
    await expect(write(`UPDATE users SET search_text = NULL WHERE id = '${id}'`)).rejects.toMatchObject({
      code: '23502',
    });
  });
});
