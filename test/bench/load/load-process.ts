import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ProcessGuard } from '@tandem/dev-stack';
import { pinCommand } from '../machine/placement.ts';
import type { WindowOrder, WindowResult } from './window.ts';

/** The load generator, in a process of its own. */
export interface LoadProcess {
  runWindow(order: WindowOrder): Promise<WindowResult>;
}

/** Starts the load generator; it ends with the guard. */
export async function startLoad({
  guard,
  cpus,
}: {
  guard: ProcessGuard;
  cpus: string | undefined;
}): Promise<LoadProcess> {
  const file = fileURLToPath(new URL('./load-main.ts', import.meta.url));
  const child = await guard.spawn({
    ...pinCommand(cpus, [process.execPath, file]),
    options: { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] },
  });
  const exited = once(child, 'exit').then(() => {
    throw new Error('The load generator ended; what it said stands above.');
  });
  exited.catch(() => {});
  return {
    async runWindow(order) {
      const answered = once(child, 'message');
      child.send(order);
      const [result] = await Promise.race([answered, exited]);
      return result;
    },
  };
}
