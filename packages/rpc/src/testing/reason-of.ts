import { TandemError } from '../errors.ts';

/** The reason of the refusal that `work` ends in, or whatever else it threw; undefined where it threw nothing. */
export async function reasonOf(work: Promise<unknown>): Promise<unknown> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return error instanceof TandemError ? error.reason : error;
}
