import { Code, ConnectError } from '@connectrpc/connect';
import { Health, HealthCheckResponse_ServingStatus as Status } from '@tandem/contracts/wire';
import { mountConnectHandlers } from '../mount-connect-handlers.ts';
import type { MountedService } from '../mounted.ts';
import type { HealthState } from './health-state.ts';

/**
 * `grpc.health.v1`: Check, List and Watch for the server as a whole (`""`) and for each service, which all share one
 * state. Mounted past the pipeline: it asks for no permission and answers while admission is full.
 * See https://github.com/grpc/grpc/blob/master/doc/health-checking.md.
 *
 * @param services full names
 */
export function createHealth(state: HealthState, services: readonly string[]): MountedService {
  const names = new Set(['', ...services]);
  return mountConnectHandlers(Health, {
    check({ service }) {
      if (names.has(service)) return { status: toStatus(state.serving) };
      throw new ConnectError(`no service ${JSON.stringify(service)}: ask List for those there are`, Code.NotFound);
    },
    list() {
      return { statuses: Object.fromEntries([...names].map((name) => [name, { status: toStatus(state.serving) }])) };
    },
    async *watch({ service }, { signal }) {
      if (names.has(service)) for await (const serving of state.watch(signal)) yield { status: toStatus(serving) };
      else yield* unknownUntilEnd(state, signal);
    },
  });
}

/** The protocol keeps such a watch open: the service might yet be added. */
async function* unknownUntilEnd(state: HealthState, signal: AbortSignal) {
  yield { status: Status.SERVICE_UNKNOWN };
  for await (const _ of state.watch(signal));
}

function toStatus(serving: boolean): Status {
  return serving ? Status.SERVING : Status.NOT_SERVING;
}
