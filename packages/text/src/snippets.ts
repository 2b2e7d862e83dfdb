/** How long the snippet of a highlight may be, in UTF-16 code units. */
export const maxSnippetUnits = 240;

/** Whether a cut there would part a surrogate pair, or a letter from its marks. */
export function isInsideCharacter(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  return (unit >= 0xdc00 && unit <= 0xdfff) || /^\p{M}/u.test(text.slice(at, at + 2));
}
