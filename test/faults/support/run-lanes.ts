/** Works through the items, `lanes` of them at a time; the first failure is thrown when all that was begun is over. */
export async function runLanes<T>(
  items: readonly T[],
  lanes: number,
  work: (item: T, lane: number) => Promise<void>,
): Promise<void> {
  const queue = [...items];
  const failures: unknown[] = [];
  const runLane = async (lane: number) => {
    while (queue.length > 0 && failures.length === 0) {
      await work(queue.shift() as T, lane).catch((error: unknown) => failures.push(error));
    }
  };
  await Promise.all(Array.from({ length: lanes }, (_, lane) => runLane(lane)));
  if (failures.length > 0) throw failures[0];
}
