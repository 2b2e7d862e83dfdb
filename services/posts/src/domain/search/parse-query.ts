import type { Clause, Query } from './query.ts';

const separators = /[\s\p{Cc}]*/uy;
const plainWord = /[^\s\p{Cc}]+/uy;
const phrase = /"([^"]*)"/y;
const fieldMark = /(title|tag|author):(?=[^\s\p{Cc}])/iuy;
const authorId = /([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?![^\s\p{Cc}])/iuy;
const exclusion = /-(?=[^\s\p{Cc}-])/uy;
const prefix = /^(.*[\p{L}\p{N}].*)\*$/su;

/**
 * Reads a query: words, `"a phrase"`, `-word`, `-"a phrase"`, `word*`, `title:…`, `tag:…`, `author:<id>`. Every text is
 * valid: what is none of these is a plain word. Only a `-` that begins a word excludes.
 */
export function parseQuery(text: string): Query {
  const clauses: Clause[] = [];
  let at = skip(text, 0);
  while (at < text.length) {
    const [clause, end] = readClause(text, at);
    clauses.push(clause);
    at = skip(text, end);
  }
  return clauses;
}

type Read = readonly [Clause, end: number];

function skip(text: string, at: number): number {
  return matchAt(separators, text, at)?.end ?? at;
}

function readClause(text: string, begin: number): Read {
  const minus = matchAt(exclusion, text, begin);
  const at = minus?.end ?? begin;
  const [clause, end] = readField(text, at) ?? readPhrase(text, at) ?? readWord(text, at);
  return [{ ...clause, excluded: minus !== undefined }, end];
}

function readField(text: string, at: number): Read | undefined {
  const mark = matchAt(fieldMark, text, at);
  if (mark === undefined) return undefined;
  const field = mark.group.toLowerCase();
  if (field === 'author') return readAuthor(text, mark.end);
  const [clause, end] = readPhrase(text, mark.end) ?? readWord(text, mark.end, { isTag: field === 'tag' });
  return [{ ...clause, field: field === 'tag' ? 'tag' : 'title' }, end];
}

function readAuthor(text: string, at: number): Read | undefined {
  const id = matchAt(authorId, text, at);
  if (id === undefined) return undefined;
  return [{ excluded: false, field: 'author', kind: 'word', text: id.group.toLowerCase() }, id.end];
}

function readPhrase(text: string, at: number): Read | undefined {
  const quoted = matchAt(phrase, text, at);
  if (quoted === undefined) return undefined;
  return [{ excluded: false, field: undefined, kind: 'phrase', text: quoted.group }, quoted.end];
}

/** A tag may end in `*` itself. */
function readWord(text: string, at: number, { isTag = false } = {}): Read {
  const word = matchAt(plainWord, text, at);
  const [written, end] = word === undefined ? [text.slice(at), text.length] : [text.slice(at, word.end), word.end];
  const beginning = isTag ? undefined : prefix.exec(written)?.[1];
  const kind = beginning === undefined ? 'word' : 'prefix';
  return [{ excluded: false, field: undefined, kind, text: beginning ?? written }, end];
}

/** What a sticky pattern finds at this place, with its first group. */
function matchAt(pattern: RegExp, text: string, at: number): { group: string; end: number } | undefined {
  pattern.lastIndex = at;
  const match = pattern.exec(text);
  return match === null ? undefined : { group: match[1] ?? '', end: pattern.lastIndex };
}
