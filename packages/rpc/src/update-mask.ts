import { TandemError } from './errors.ts';

/** What an update may change, and what its resource carries. */
export interface UpdateMaskOptions<F extends string> {
  /** The fields that an update may change, by their proto names. */
  readonly updatable: readonly F[];
  /** Those of them that the resource in the request carries. */
  readonly populated: readonly F[];
}

/**
 * The fields that an update is to change: those of the mask, all that may change for `*`, or, where the mask is absent or
 * empty, those that are populated, so that a resource can go back as it was read (AIP-134).
 *
 * @throws TandemError `MASK_PATH_INVALID` for a path that is unknown or may not change
 */
export function readUpdateMask<F extends string>(
  mask: { readonly paths: readonly string[] } | undefined,
  { updatable, populated }: UpdateMaskOptions<F>,
): ReadonlySet<F> {
  const paths = mask?.paths ?? [];
  const wrong = paths.filter((path) => path !== '*' && !isOneOf(updatable, path));
  if (wrong.length > 0) throw pathInvalid(wrong, updatable);
  if (paths.length === 0) return new Set(populated);
  return new Set(updatable.filter((field) => paths.includes('*') || paths.includes(field)));
}

/**
 * What is to change must be given: nothing is emptied or switched off by leaving it out.
 *
 * @param fields what `readUpdateMask` answered
 * @param carried the field of the request that the resource is in, as `user`, and those of its fields that are given or
 * may be left out to be emptied
 * @throws TandemError `FIELD_INVALID` with those that are not, as `user.name`
 */
export function requireGiven<F extends string>(
  fields: ReadonlySet<F>,
  carried: { readonly resource: string; readonly given: readonly F[] },
): void {
  const missing = [...fields].filter((field) => !carried.given.includes(field));
  const description = 'is named by update_mask and must be given';
  const violations = missing.map((field) => ({ field: `${carried.resource}.${field}`, description }));
  if (violations.length === 0) return;
  const named = violations.map(({ field }) => field).join(', ');
  throw new TandemError('FIELD_INVALID', `${named}: ${description}`, { violations });
}

function isOneOf<F extends string>(fields: readonly F[], path: string): boolean {
  return fields.some((field) => field === path);
}

function pathInvalid(wrong: readonly string[], updatable: readonly string[]): TandemError {
  const [first = ''] = wrong;
  const told = first.length > 64 ? `${first.slice(0, 64)}…` : first;
  const more = wrong.length > 1 ? ` and ${wrong.length - 1} more` : '';
  const text = `update_mask names "${told}"${more}, which is unknown or may not change; it may name ${updatable.join(', ')} or *.`;
  return new TandemError('MASK_PATH_INVALID', text);
}
