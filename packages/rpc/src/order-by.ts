import { TandemError } from './errors.ts';

/** One field to order by; the id breaks ties, in the same direction. */
export interface Order<F extends string> {
  readonly field: F;
  readonly descending: boolean;
}

/**
 * Reads an `order_by` of one field, as AIP-132 (https://google.aip.dev/132) writes it: `name`, `name asc`,
 * `create_time desc`; surplus blanks do no harm. Empty gives `defaultOrder`.
 *
 * @throws TandemError `ORDER_BY_INVALID` for anything else, with the fields that the method offers
 */
export function parseOrderBy<F extends string>(
  orderBy: string,
  fields: readonly F[],
  defaultOrder: Order<F>,
): Order<F> {
  const text = orderBy.replace(/^ +| +$/g, '');
  if (text === '') return defaultOrder;
  const [name, direction = 'asc', ...rest] = text.split(/ +/);
  const field = fields.find((known) => known === name);
  if (field === undefined || rest.length > 0 || (direction !== 'asc' && direction !== 'desc')) {
    const offered = fields.join(', ');
    throw new TandemError('ORDER_BY_INVALID', `order_by takes one of ${offered}, then nothing, "asc" or "desc".`);
  }
  return { field, descending: direction === 'desc' };
}
