import type { CompiledQuery } from '../domain/search/compile-query.ts';
import type { RankingFigures } from '../domain/search/score-post.ts';
import type { WordGroup } from '../domain/search/word-groups.ts';

/** So many words lead; those that say least only rank. */
const maxLeads = 64;

export interface LeadSearch {
  /** The query in each language that posts have. */
  readonly forms: readonly CompiledQuery[];
  /** Waited for only where it depends on them what is looked at. */
  readonly figures: () => Promise<RankingFigures>;
}

interface Leads {
  readonly terms: readonly string[];
  /** Whether there are words that do not lead. */
  readonly isCut: boolean;
}

/** The terms that every hit has one of. */
export async function chooseLeads({ forms, figures }: LeadSearch): Promise<Leads> {
  const groups = await Promise.all(forms.map((form) => leadsOf(form, figures)));
  const terms = [...new Set(groups.flat().flatMap((group) => group.terms))];
  if (terms.length <= maxLeads) return { terms, isCut: false };
  return { terms: byUse(terms, await figures()).slice(0, maxLeads), isCut: true };
}

/** The rarest first; those that no post had when it was counted, as most likely none has, after all others. */
function byUse(terms: readonly string[], { frequencies }: RankingFigures): string[] {
  const rank = (term: string) => frequencies.get(term) || Number.MAX_SAFE_INTEGER;
  return terms.toSorted((a, b) => rank(a) - rank(b));
}

async function leadsOf(
  { required, scoring }: CompiledQuery,
  figures: LeadSearch['figures'],
): Promise<readonly WordGroup[]> {
  const [first, ...others] = required;
  if (first === undefined) return scoring.filter(({ isBonus }) => !isBonus);
  if (others.length === 0) return required;
  const known = await figures();
  const postsOf = ({ terms }: WordGroup) => countPosts(terms, known);
  return [others.reduce((rarest, group) => (postsOf(group) < postsOf(rarest) ? group : rarest), first)];
}

/** How many posts have the terms at most, by the figures. */
export function countPosts(terms: readonly string[], { frequencies }: RankingFigures): number {
  return terms.reduce((sum, term) => sum + (frequencies.get(term) ?? 0), 0);
}
