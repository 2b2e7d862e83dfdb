import { type ParseArgsConfig, parseArgs } from 'node:util';

/** What the user can put right by calling again in another way. */
export class UsageError extends Error {}

/**
 * The options of a command line and what stands beside them.
 *
 * @throws UsageError for an option that there is not, or that lacks its value
 */
export function readOptions<Options extends NonNullable<ParseArgsConfig['options']>>(
  args: readonly string[],
  config: { readonly options: Options; readonly allowPositionals: boolean },
) {
  try {
    return parseArgs({ args: [...args], ...config });
  } catch (error) {
    // What follows the first sentence is about options that look like arguments.
    const [problem] = (error instanceof Error ? error.message : String(error)).split('. ');
    throw new UsageError(problem);
  }
}
