/**
 * What leaves nothing to see when it stands alone: separators and white space, control and format characters, default
 * ignorables, non-spacing and enclosing marks, noncharacters and lone surrogates, the blank Braille pattern, and the
 * null notehead.
 */
const visible =
  /[^\p{Z}\p{White_Space}\p{Cc}\p{Cf}\p{Cs}\p{Mn}\p{Me}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\u2800\u{1d159}]/u;

/** Whether a person would see anything of `text`: what names, titles and tags need. */
export function hasVisibleCharacter(text: string): boolean {
  return visible.test(text);
}
