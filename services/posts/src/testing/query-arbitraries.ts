import fc from 'fast-check';

const pieces = [
  ...[
    'leek',
    'Leeks',
    'léek',
    'the',
    'run',
    'foo_bar',
    'C++',
    "O'Name",
    '10:30',
    'ab',
    '東京都',
    '𠮷',
    '𝒮oup',
    'か\u3099',
    'かな',
    'ตลาด',
    '🎉',
    'ß',
    'İ',
  ],
  ...[
    '"',
    '"',
    ' ',
    ' ',
    '-',
    '*',
    ':',
    '_',
    "'",
    '.',
    '(',
    '[',
    '$',
    '\\',
    '\n',
    '\u0301',
    '\u200d',
    '\ufeff',
    'title:',
    'tag:',
    'author:',
  ],
  'author:0193b7d2-0000-7000-8000-00000000004a',
] as const;

/** Text of what queries and posts are made of: words, signs, and anything else. */
export const anyText = fc
  .array(fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...pieces) }, fc.string({ unit: 'binary', maxLength: 4 })), {
    maxLength: 24,
    size: 'max',
  })
  .map((parts) => parts.join(''));

const clause = fc
  .tuple(
    fc.constantFrom('', '', '-'),
    fc.constantFrom('', '', 'title:', 'tag:', 'author:'),
    fc.constantFrom('', '', '"'),
    fc.constantFrom(...pieces),
    fc.constantFrom('', ...pieces),
    fc.constantFrom('', '*', '"'),
  )
  .map((parts) => parts.join(''));

/** A query of whole clauses, some of them broken off, or any text. */
export const anyQuery = fc
  .oneof(
    anyText,
    fc.array(clause, { maxLength: 8, size: 'max' }).map((clauses) => clauses.join(' ')),
  )
  .filter((text) => text !== '');
