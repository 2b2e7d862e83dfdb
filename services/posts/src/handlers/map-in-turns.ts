import { setImmediate as nextTurn } from 'node:timers/promises';

/** A row with all the tags that it may have is checked in half a millisecond. */
const perTurn = 10;

/** Maps one by one; calls are answered after every ten. */
export async function mapInTurns<In, Out>(items: readonly In[], map: (item: In) => Out): Promise<Out[]> {
  const mapped: Out[] = [];
  for (const [index, item] of items.entries()) {
    if (index > 0 && index % perTurn === 0) await nextTurn();
    mapped.push(map(item));
  }
  return mapped;
}
