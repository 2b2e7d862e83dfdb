export { fold } from './fold.ts';
export { type FoldedText, foldWithOffsets, type Span } from './fold-with-offsets.ts';
export { foldedPrefixRange, type PrefixRange } from './folded-prefix-range.ts';
export { hasVisibleCharacter } from './has-visible-character.ts';
export { isInsideCharacter, maxSnippetUnits } from './snippets.ts';
export { type Word, words } from './words.ts';
