import { Code, type ConnectError, type ServiceImpl } from '@connectrpc/connect';
import { Health, HealthCheckResponse_ServingStatus as Status } from '@tandem/contracts/wire';
import { cutText } from '../cut-text.ts';
import { fieldInvalid } from '../errors.ts';
import { mountConnectHandlers } from '../mount-connect-handlers.ts';
import type { MountedService } from '../mounted.ts';
import { toConnectError, toStatus } from '../status.ts';
import type { HealthState } from './health-state.ts';

/** What health is told of. */
export interface HealthOptions {
  /** Full names. */
  readonly services: readonly string[];
  /** The error domain, as `users.tandem`. */
  readonly domain: string;
}

const NAME_BYTES = 100;

/**
 * `grpc.health.v1`: Check, List and Watch for the server as a whole (`""`) and for each service, which all share one
 * state. Mounted past the pipeline: it asks for no permission and answers while admission is full.
 * See https://github.com/grpc/grpc/blob/master/doc/health-checking.md.
 */
export function createHealth(state: HealthState, { services, domain }: HealthOptions): MountedService {
  const names = new Set(['', ...services]);
  const handlers: ServiceImpl<typeof Health> = {
    check({ service }) {
      if (names.has(service)) return { status: toServingStatus(state.serving) };
      throw serviceUnknown(service, domain);
    },
    list() {
      return {
        statuses: Object.fromEntries([...names].map((name) => [name, { status: toServingStatus(state.serving) }])),
      };
    },
    async *watch({ service }, { signal }) {
      if (names.has(service))
        for await (const serving of state.watch(signal)) yield { status: toServingStatus(serving) };
      else yield* unknownUntilEnd(state, signal);
    },
  };
  return mountConnectHandlers(Health, handlers, { domain });
}

/** The code is the protocol's, which has no reasons; of the contract's, this is nearest. */
function serviceUnknown(service: string, domain: string): ConnectError {
  const name = JSON.stringify(cutText(service, NAME_BYTES));
  const status = toStatus(
    fieldInvalid('service', `there is none of the name ${name}: ask List for those there are`),
    domain,
  );
  return toConnectError({ ...status, code: Code.NotFound });
}

/** The protocol keeps such a watch open: the service might yet be added. */
async function* unknownUntilEnd(state: HealthState, signal: AbortSignal) {
  yield { status: Status.SERVICE_UNKNOWN };
  for await (const _ of state.watch(signal));
}

function toServingStatus(serving: boolean): Status {
  return serving ? Status.SERVING : Status.NOT_SERVING;
}
