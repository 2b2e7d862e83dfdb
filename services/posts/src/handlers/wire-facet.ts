import { Facet } from '@tandem/contracts/posts';
import type { SearchFacet, SearchFacetCounts } from '../domain/search.ts';

const wireFacets: Record<SearchFacet, Facet> = {
  tags: Facet.TAGS,
  author_id: Facet.AUTHOR_ID,
  language: Facet.LANGUAGE,
  month: Facet.MONTH,
};
const domainFacets = new Map(Object.entries(wireFacets).map(([name, facet]) => [facet, name as SearchFacet]));

export function toFacet(facet: Facet): SearchFacet {
  const found = domainFacets.get(facet);
  if (found === undefined) throw new Error(`Facet ${facet} has passed validation and is not known.`);
  return found;
}

export function toWireFacet({ facet, values, truncated }: SearchFacetCounts) {
  return {
    facet: wireFacets[facet],
    values: values.map(({ value, count }) => ({ value, count: BigInt(count) })),
    truncated,
  };
}
