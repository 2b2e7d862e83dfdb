import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseQuery } from './parse-query.ts';
import { printQuery } from './print-query.ts';
import type { Clause } from './query.ts';

const clause = (text: string, fields: Partial<Clause> = {}): Clause => ({
  excluded: false,
  field: undefined,
  kind: 'word',
  text,
  ...fields,
});
const id = '0193b7d2-0000-7000-8000-00000000004a';

describe('parseQuery', () => {
  it.each<[string, Clause[]]>([
    ['leek  soup', [clause('leek'), clause('soup')]],
    ['a\u0000b\u0007c', [clause('a'), clause('b'), clause('c')]],
    ['\ud800 \ue000 a', [clause('\ud800'), clause('\ue000'), clause('a')]],
    ['"leek soup"', [clause('leek soup', { kind: 'phrase' })]],
    ['"leek soup"hot', [clause('leek soup', { kind: 'phrase' }), clause('hot')]],
    ['-leek -"hot soup"', [clause('leek', { excluded: true }), clause('hot soup', { kind: 'phrase', excluded: true })]],
    ['le* * "x"*', [clause('le', { kind: 'prefix' }), clause('*'), clause('x', { kind: 'phrase' }), clause('*')]],
    ['title:Leek', [clause('Leek', { field: 'title' })]],
    ['TITLE:"leek soup"', [clause('leek soup', { field: 'title', kind: 'phrase' })]],
    ['title:le*', [clause('le', { field: 'title', kind: 'prefix' })]],
    ['tag:"two words"', [clause('two words', { field: 'tag', kind: 'phrase' })]],
    ['tag:c*', [clause('c*', { field: 'tag' })]],
    ['-tag:go', [clause('go', { field: 'tag', excluded: true })]],
    [`author:${id.toUpperCase()}`, [clause(id, { field: 'author' })]],
    [`author:${id}x author:bob`, [clause(`author:${id}x`), clause('author:bob')]],
    ['tag: title:', [clause('tag:'), clause('title:')]],
    ['tag: go', [clause('tag:'), clause('go')]],
    ['- --x -- a-b', [clause('-'), clause('--x'), clause('--'), clause('a-b')]],
    ['"open', [clause('"open')]],
    ['C++ foo_bar 10:30', [clause('C++'), clause('foo_bar'), clause('10:30')]],
    ['""', [clause('', { kind: 'phrase' })]],
    [' \n\t', []],
  ])('reads %j', (text, expected) => {
    expect(parseQuery(text)).toEqual(expected);
  });

  it('reads any query as it is printed', () => {
    const word = fc.constantFrom('leek', 'Łódź', 'C++', 'foo_bar', "O'Name", '10:30', 'a-b', '東京', 'x"y', 'z😀', '7');
    const quoted = fc.string({ unit: 'binary' }).map((text) => text.replaceAll('"', ''));
    const tagWord = fc.tuple(word, fc.constantFrom('', '*')).map((parts) => parts.join(''));
    const field = fc.constantFrom(undefined, 'title' as const);
    const clauses = fc.oneof(
      fc.record({ field, kind: fc.constantFrom('word' as const, 'prefix' as const), text: word }),
      fc.record({ field: fc.constantFrom(undefined, 'title', 'tag'), kind: fc.constant('phrase'), text: quoted }),
      fc.record({ field: fc.constant('tag'), kind: fc.constant('word'), text: tagWord }),
      fc.record({ field: fc.constant('author'), kind: fc.constant('word'), text: fc.uuid() }),
    );
    const any = fc.tuple(fc.boolean(), clauses).map(([excluded, rest]) => ({ ...rest, excluded }) as Clause);
    fc.assert(
      fc.property(fc.array(any), (query) => {
        expect(parseQuery(printQuery(query))).toEqual(query);
      }),
    );
  });

  it('reads any text, and reads what it prints as the same', () => {
    const piece = fc.constantFrom(
      '"',
      '-',
      '*',
      ':',
      ' ',
      '\n',
      '\u0000',
      'title:',
      'tag:',
      'author:',
      id,
      'a',
      'é',
      '😀',
      '\ud800',
    );
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(piece, { maxLength: 20, size: 'max' }).map((pieces) => pieces.join('')),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const query = parseQuery(text);
        const printed = printQuery(query);
        expect(parseQuery(printed)).toEqual(query);
        expect(printQuery(parseQuery(printed))).toBe(printed);
      }),
      { numRuns: 1_000 },
    );
  });
});
