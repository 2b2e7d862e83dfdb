import type { DescService } from '@bufbuild/protobuf';
import { isRetryable } from './method-policy.ts';

/**
 * The gRPC service config of a client: `round_robin` over all addresses of the target, and retries of UNAVAILABLE for
 * every unary method that may be sent again. See https://github.com/grpc/grpc/blob/master/doc/service_config.md.
 */
export function buildServiceConfig(services: readonly DescService[], maxAttempts: number): string {
  const methods = services.flatMap((service) => service.methods.filter(isRetryable));
  const name = methods.map((method) => ({ service: method.parent.typeName, method: method.name }));
  const retryPolicy = {
    maxAttempts,
    initialBackoff: '0.1s',
    maxBackoff: '2s',
    backoffMultiplier: 3,
    retryableStatusCodes: ['UNAVAILABLE'],
  };
  const methodConfig = maxAttempts > 1 && name.length > 0 ? [{ name, retryPolicy }] : [];
  return JSON.stringify({ loadBalancingConfig: [{ round_robin: {} }], methodConfig });
}
