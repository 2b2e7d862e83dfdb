import { fold } from '@tandem/text';
import { type Phrase, toPhrase } from './phrase.ts';
import type { Clause, Query } from './query.ts';
import { readBeginning } from './word-beginning.ts';
import { groupBeginning, groupTag, groupWords, type WordGroup } from './word-groups.ts';

/** A query as posts of one language are held against it. */
export interface CompiledQuery {
  /** A post without any of these is none of the hits. */
  readonly required: readonly WordGroup[];
  /** What scores; where nothing is required, a post needs at least one that is no bonus. */
  readonly scoring: readonly WordGroup[];
  readonly phrases: readonly Phrase[];
  /** A post that has all the words of one of these is left out. */
  readonly excluded: readonly (readonly WordGroup[])[];
  /** A post is left out that has one of these phrases, or beginnings; only one that has all of the words can. */
  readonly excludedPhrases: readonly { readonly phrase: Phrase; readonly words: readonly WordGroup[] }[];
  /** The words that are shown as matches wherever they stand; those of phrases only in the phrase. */
  readonly marked: readonly WordGroup[];
  /** Beginnings of words that are shown as matches. */
  readonly beginnings: readonly Phrase[];
}

export interface CompileOptions {
  readonly language: string;
  readonly matching: 'any' | 'all';
  /** The terms of words with a beginning, by the beginning as `listBeginnings` has it. */
  readonly expansions: ReadonlyMap<string, readonly string[]>;
}

interface Part {
  readonly clause: Clause;
  readonly words: readonly WordGroup[];
}

/** What a query asks of posts in a language: stop words are that language's, and count where there is nothing else. */
export function compileQuery(query: Query, options: CompileOptions): CompiledQuery {
  const parts = query
    .filter(({ field }) => field !== 'author')
    .map((clause) => ({ clause, words: compileWords(clause, options) }))
    .filter(({ words }) => words.length > 0);
  const positive = parts.filter(({ clause }) => !clause.excluded);
  const hasContent = positive.some((part) => isRequired(part) || part.words.some(({ isStop }) => !isStop));
  const counts = ({ isStop }: WordGroup) => !hasContent || !isStop;
  const free = positive.filter((part) => !isRequired(part)).flatMap(({ words }) => words.filter(counts));
  const asked = positive.filter(isRequired);
  const needed = [...asked.flatMap(({ words }) => words), ...(options.matching === 'all' ? free : [])];
  return {
    required: mergeSame(needed.filter(({ isBonus }) => !isBonus)),
    scoring: mergeSame([...free, ...asked.flatMap(({ words }) => withoutStops(words))]),
    phrases: asked.flatMap(({ clause }) =>
      clause.kind === 'phrase' && clause.field !== 'tag' ? [phraseOf(clause)] : [],
    ),
    ...compileExclusions(parts.filter(({ clause }) => clause.excluded)),
    marked: positive.flatMap(({ clause: { kind, field }, words }) => {
      if (kind === 'phrase' || field === 'tag') return [];
      const shown = words.filter(({ beginning }) => beginning === undefined);
      return field === undefined ? shown.filter(counts) : shown;
    }),
    beginnings: positive.flatMap(({ words }) => words.flatMap(({ beginning }) => beginning?.phrase ?? [])),
  };
}

/** Phrases and what is asked of a field must match, however many of the words need to. */
function isRequired({ clause: { field, kind } }: Pick<Part, 'clause'>): boolean {
  return field !== undefined || kind === 'phrase';
}

function compileWords(clause: Clause, { language, matching, expansions }: CompileOptions): WordGroup[] {
  const { text, field, kind } = clause;
  if (field === 'tag') return fold(text).trim() === '' ? [] : [groupTag(text)];
  const inTitle = field === 'title';
  if (kind === 'prefix') {
    const mustMatch = matching === 'all' || isRequired({ clause });
    const expand = (beginning: string) => expansions.get(beginning) ?? [];
    return groupBeginning(text, { language, inTitle, isRequired: mustMatch, expand });
  }
  const words = groupWords(text, { language, inTitle });
  return kind === 'phrase' ? words.filter(({ isBonus }) => !isBonus) : words;
}

function phraseOf({ text, field, kind }: Clause): Phrase {
  return toPhrase(text, { inTitle: field === 'title', isOpen: kind === 'prefix' });
}

/** Where there are others: a phrase of stop words alone scores by them. */
function withoutStops(words: readonly WordGroup[]): readonly WordGroup[] {
  const others = words.filter(({ isStop }) => !isStop);
  return others.length > 0 ? others : words;
}

/**
 * A joined word is left out as it is written, not where its parts stand. What begins as it says is looked for in the
 * text, as more words may begin so than are searched.
 */
function compileExclusions(parts: readonly Part[]): Pick<CompiledQuery, 'excluded' | 'excludedPhrases'> {
  const phrases = parts.filter(({ clause }) => clause.kind !== 'word' && clause.field !== 'tag');
  const plain = parts.filter((part) => !phrases.includes(part));
  return {
    excluded: plain.map(({ words }) => {
      const joined = words.filter(({ isBonus }) => isBonus);
      return joined.length > 0 ? joined : words;
    }),
    excludedPhrases: phrases.map(({ clause, words }) => ({
      phrase: phraseOf(clause),
      words: clause.kind === 'prefix' ? [] : words,
    })),
  };
}

/** A word that the query repeats counts as often. */
function mergeSame(groups: readonly WordGroup[]): WordGroup[] {
  const merged = new Map<string, WordGroup>();
  for (const group of groups) {
    const key = [group.inTitle, ...(group.beginning?.phrase.words ?? []), '', ...group.terms].join(' ');
    merged.set(key, { ...group, weight: group.weight + (merged.get(key)?.weight ?? 0) });
  }
  return [...merged.values()];
}

/** What words are to begin with, each once, where other words may stand for it. */
export function listBeginnings(query: Query): string[] {
  const widened = query.filter(({ kind, excluded }) => kind === 'prefix' && !excluded);
  const beginnings = widened.map(({ text }) => readBeginning(text)).filter(({ isRun }) => !isRun);
  return [...new Set(beginnings.map(({ text }) => text))];
}

/** The authors that the query names, or leaves out. */
export function authorsOf(query: Query, { excluded }: { excluded: boolean }): string[] {
  return query.filter((clause) => clause.field === 'author' && clause.excluded === excluded).map(({ text }) => text);
}

/** All terms that a post may be found or ranked by. */
export function termsOf({ required, scoring }: CompiledQuery): string[] {
  return [...new Set([...required, ...scoring].flatMap(({ terms }) => terms))];
}
