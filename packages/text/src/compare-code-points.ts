/**
 * Orders two strings by code points, as PostgreSQL under `COLLATE "C"` and MongoDB without collation do: negative when
 * `a` comes first, positive when `b` does, 0 when they are equal. (`<` compares UTF-16 units and puts U+FF5E after 😀.)
 * A start of a string comes before it.
 */
export function compareCodePoints(a: string, b: string): number {
  const shared = Math.min(a.length, b.length);
  for (let index = 0; index < shared; index += 1) {
    const difference = rankOf(a.charCodeAt(index)) - rankOf(b.charCodeAt(index));
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** Surrogates stand for the code points above U+FFFF, so they rank above the units from U+E000 on. */
function rankOf(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit >= 0xe000 ? unit - 0x800 : unit + 0x2000;
}
