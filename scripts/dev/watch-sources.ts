import { globSync, watch } from 'node:fs';
import { join, relative, sep } from 'node:path';
import type { ServiceName } from '../default-targets.ts';
import { findAffectedServices } from './affected-services.ts';

const QUIET_MS = 200;

/**
 * Watches the sources of the services and of the packages they use.
 *
 * @param options.root the folder of the repository
 * @param options.onChange called once the changes have paused, with the services that they concern
 */
export function watchSources({
  root,
  onChange,
}: {
  root: string;
  onChange: (services: readonly ServiceName[]) => void;
}): Disposable {
  const affected = new Set<ServiceName>();
  let timer: NodeJS.Timeout | undefined;
  const note = (path: string) => {
    for (const service of findAffectedServices(path)) affected.add(service);
    if (affected.size === 0) return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      onChange([...affected]);
      affected.clear();
    }, QUIET_MS);
  };
  const folders = globSync('{packages,services}/*/src', { cwd: root });
  const watchers = folders.map((folder) =>
    watch(join(root, folder), { recursive: true }, (_, name) => {
      if (name !== null) note(relative(root, join(root, folder, name)).replaceAll(sep, '/'));
    }),
  );
  return {
    [Symbol.dispose]() {
      clearTimeout(timer);
      for (const watcher of watchers) watcher.close();
    },
  };
}
