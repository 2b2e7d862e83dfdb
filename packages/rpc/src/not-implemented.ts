import { TandemError } from './errors.ts';
import type { MethodPlan } from './method-plan.ts';

/** The refusal of a method that the contract has and this server does not. */
export function notImplemented({ fullName }: MethodPlan): TandemError {
  return new TandemError('NOT_IMPLEMENTED', `${fullName} is in the contract but not served yet.`);
}
