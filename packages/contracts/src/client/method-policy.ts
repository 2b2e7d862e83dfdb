import { type DescMethod, getOption } from '@bufbuild/protobuf';
import { CostClass, Idempotency, type MethodPolicy, policy } from '../options.ts';

/** How long a call may take where its caller does not say, in milliseconds, by the method's cost class. Streams have no bound. */
export interface Timeouts {
  /** A few rows by key. Default 5,000. */
  readonly point: number;
  /** A page or a batch. Default 10,000. */
  readonly page: number;
  /** Counts, aggregates, searches. Default 15,000. */
  readonly scan: number;
  /** Hashes a password. Default 10,000. */
  readonly hash: number;
}

/** What both the clients and the servers take where a caller does not say. */
export const defaultTimeoutsMs: Timeouts = { point: 5_000, page: 10_000, scan: 15_000, hash: 10_000 };

/** The policy that the contract gives a method; undefined for a method of another contract, as health. */
export function readPolicy(method: DescMethod): MethodPolicy | undefined {
  const found = getOption(method, policy);
  return found.costClass === CostClass.UNSPECIFIED ? undefined : found;
}

/** The deadline of a method in milliseconds; undefined where it has none. */
export function timeoutOf(method: DescMethod, timeoutsMs: Timeouts): number | undefined {
  switch (readPolicy(method)?.costClass) {
    case CostClass.POINT:
      return timeoutsMs.point;
    case CostClass.PAGE:
      return timeoutsMs.page;
    case CostClass.SCAN:
      return timeoutsMs.scan;
    case CostClass.HASH:
      return timeoutsMs.hash;
    default:
      return undefined;
  }
}

/** Whether the method is a mutation that takes a `request_id`. */
export function takesRequestId(method: DescMethod): boolean {
  const idempotency = readPolicy(method)?.idempotency;
  return idempotency === Idempotency.REQUEST_ID_OPTIONAL || idempotency === Idempotency.REQUEST_ID_REQUIRED;
}

/** Whether a call may be sent again blindly: what only reads, what repeats naturally, and what carries a `request_id`. */
export function isRetryable(method: DescMethod): boolean {
  const stated = readPolicy(method)?.idempotency ?? Idempotency.UNSPECIFIED;
  return method.methodKind === 'unary' && stated !== Idempotency.UNSPECIFIED;
}
