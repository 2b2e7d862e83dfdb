import { describe, expect, it } from 'vitest';
import { readSearchWords } from './search-words.ts';

const textsOf = (text: string) => readSearchWords(text).map((word) => word.text);

describe('readSearchWords', () => {
  it.each([
    ['"leek soup" -potato', ['leek', 'soup', 'potato']],
    ["o'clock snake_case x'", ["o'clock", 'snake_case', 'x']],
    ['a-b C++ 10:30', ['a', 'b', 'C', '10', '30']],
    ["''a''b__c'", ['a', 'b', 'c']],
    ['-- "" \\ $', []],
    ['café\u0301 東京', ['café\u0301', '東京']],
  ])('reads %j as %j', (text, expected) => {
    expect(textsOf(text)).toEqual(expected);
  });

  it('says where they stand', () => {
    expect(readSearchWords(" it's on").map(({ start, end }) => [start, end])).toEqual([
      [1, 5],
      [6, 8],
    ]);
  });
});
