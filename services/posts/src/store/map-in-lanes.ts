export interface Lanes<In, Out> {
  /** So many at once, at most. */
  readonly lanes: number;
  readonly map: (item: In) => Promise<Out>;
}

/** Maps several at once; the results in their order. After a failure none is begun any more. */
export async function mapInLanes<In, Out>(items: readonly In[], { lanes, map }: Lanes<In, Out>): Promise<Out[]> {
  const results: Out[] = [];
  const rest = items.entries();
  let hasFailed = false;
  const runLane = async () => {
    for (const [index, item] of rest) {
      if (hasFailed) return;
      results[index] = await map(item);
    }
  };
  const running = Array.from({ length: Math.min(lanes, items.length) }, () =>
    runLane().catch((error) => {
      hasFailed = true;
      throw error;
    }),
  );
  await Promise.all(running);
  return results;
}
