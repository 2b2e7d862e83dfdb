import type { Clause, Query } from './query.ts';

/** A query in the form in which it means the same when it is read again. */
export function printQuery(query: Query): string {
  return query.map(printClause).join(' ');
}

function printClause({ excluded, field, kind, text }: Clause): string {
  const value = { word: text, phrase: `"${text}"`, prefix: `${text}*` }[kind];
  return `${excluded ? '-' : ''}${field === undefined ? '' : `${field}:`}${value}`;
}
