import type { ServiceName } from '../default-targets.ts';

/** Both, in the order in which they are told about. */
export const SERVICE_NAMES: readonly ServiceName[] = ['users', 'posts'];

const SHARED_PACKAGES = 'contracts|rpc|cache|text';

/**
 * The services that run the code of a file that changed.
 *
 * @param path from the root of the repository, with slashes; tests and generated code concern nobody
 */
export function findAffectedServices(path: string): readonly ServiceName[] {
  if (!/\.(ts|js|json)$/.test(path) || /\.test\.ts$|\/(gen|testing)\//.test(path)) return [];
  const own = /^services\/([^/]+)\/src\//.exec(path)?.[1];
  if (own !== undefined) return SERVICE_NAMES.filter((name) => name === own);
  return new RegExp(`^packages/(${SHARED_PACKAGES})/src/`).test(path) ? SERVICE_NAMES : [];
}
