/** A run of digits this long may be an integer beyond 2^53, which a double cannot hold. */
const longDigits = /\d{16}/;
const integer = /-?\d{16,}(?![\d.eE])/y;

/** Whether JSON text holds a run of 16 digits or more, in a number or anywhere. Quick: one pass of a regular expression. */
export function hasUnsafeInteger(text: string): boolean {
  return longDigits.test(text);
}

/**
 * Puts every unquoted integer of 16 digits or more into quotes, where ProtoJSON reads it exactly. What stands in
 * strings is left alone. The text need not be valid JSON.
 *
 * @param mode `shrunk` writes a small number of the same sign, unquoted, instead
 */
export function quoteUnsafeIntegers(text: string, mode: 'quoted' | 'shrunk' = 'quoted'): string {
  const parts: string[] = [];
  let copied = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (char === quote) at = endOfString(text, at);
    else if (isDigit(char)) {
      const start = text[at - 1] === '-' ? at - 1 : at;
      integer.lastIndex = start;
      const digits = integer.exec(text)?.[0];
      if (digits) {
        parts.push(text.slice(copied, start), mode === 'quoted' ? `"${digits}"` : digits.slice(0, digits.length - 15));
        copied = start + digits.length;
      }
      at = endOfNumber(text, at);
    }
  }
  return parts.join('') + text.slice(copied);
}

const quote = 0x22;
const backslash = 0x5c;
const dot = 0x2e;
const plus = 0x2b;
const minus = 0x2d;
const letterE = 0x65;
const lowerCaseBit = 0x20;

function isDigit(char: number): boolean {
  return char >= 0x30 && char <= 0x39;
}

function endOfString(text: string, open: number): number {
  let at = open + 1;
  while (at < text.length && text.charCodeAt(at) !== quote) at += text.charCodeAt(at) === backslash ? 2 : 1;
  return at;
}

function endOfNumber(text: string, start: number): number {
  let at = start;
  while (isNumberPart(text.charCodeAt(at + 1))) at++;
  return at;
}

/** By hand, for it is asked of each character of every number: a regular expression here more than doubles the whole. */
function isNumberPart(char: number): boolean {
  return isDigit(char) || char === dot || char === plus || char === minus || (char | lowerCaseBit) === letterE;
}
