import fc from 'fast-check';

/** Characters on which folding has to work hardest, likely to meet each other. */
const awkward = [
  ..."İıIiẞßSsſﬁǅǆǄKKÅΣσςΐᾳøǿØłŁđĐæǽÆœŒþÞ’'½™㎏ŉ",
  ...['\u0301', '\u0307', '\u0327', '\u0345', '\u034f', '\u20dd', '\ufe0f', '\u3099', '\uff9e', '\u00b4', '\u00ad'],
  ...[
    '\u1100',
    '\u1161',
    '\u11a8',
    '\u1160',
    '\u3131',
    '\u314f',
    '\uffa1',
    '\uffc2',
    '\u3260',
    '\u320e',
    '가',
    '각',
    '한',
  ],
  ...['\u200d', '\u{1d400}', '\u{1f600}', '\u{10ffff}', '\u{e000}', '\ud7ff', '\uffff', '\0', ' ', 'ｶ', 'か', 'ي', 'ة'],
];

/** Any well-formed text, all of Unicode, with the awkward characters far more often than chance has them. */
export const anyText = fc
  .array(fc.oneof(fc.constantFrom(...awkward), fc.string({ unit: 'binary', minLength: 1, maxLength: 1 })), {
    maxLength: 12,
    size: 'max',
  })
  .map((characters) => characters.join(''));

/** Any sequence of UTF-16 units, lone surrogates and all. */
export const anyUnits = fc
  .array(fc.oneof(fc.integer({ min: 0xd7f0, max: 0xe00f }), fc.integer({ min: 0, max: 0xffff })), { maxLength: 8 })
  .map((units) => String.fromCharCode(...units));
