import { type DescField, type DescMethod, getOption, hasOption } from '@bufbuild/protobuf';
import { FieldOptionsSchema } from '@bufbuild/protobuf/wkt';
import { defaultTimeoutsMs, takesRequestId, timeoutOf } from '@tandem/contracts';
import { CostClass, Idempotency, policy } from '@tandem/contracts/options';

/** What the contract says of a method, read once at the start. */
export interface MethodPlan {
  readonly method: DescMethod;
  /** As `tandem.users.v1.UserService/GetUser`. */
  readonly fullName: string;
  readonly scope: string;
  readonly costClass: CostClass;
  readonly idempotency: Idempotency;
  /** How long a call may take whose caller does not say, in milliseconds; undefined: as long as it likes. */
  readonly defaultBudgetMs: number | undefined;
  /** The `request_id` of a mutation that may be sent again. */
  readonly requestIdField: DescField | undefined;
  /** The fields that must not enter a fast hash (`debug_redact`). */
  readonly secretFields: readonly DescField[];
}

/**
 * Reads a method's policy.
 *
 * @throws Error where it has none or an incomplete one: nobody may call a method that says not who may
 */
export function planMethod(method: DescMethod): MethodPlan {
  const fullName = `${method.parent.typeName}/${method.name}`;
  const { scope, costClass, idempotency } = getOption(method, policy);
  if (!hasOption(method, policy) || scope === '' || !(costClass in CostClass) || !(idempotency in Idempotency)) {
    throw new Error(`${fullName} has no complete policy: give it scope, idempotency and cost_class in its proto.`);
  }
  if (costClass === CostClass.UNSPECIFIED || idempotency === Idempotency.UNSPECIFIED) {
    throw new Error(`${fullName} leaves cost_class or idempotency unspecified: state both in its proto.`);
  }
  const defaultBudgetMs = timeoutOf(method, defaultTimeoutsMs);
  const requestIdField = takesRequestId(method) ? findRequestId(method, fullName) : undefined;
  const secretFields = requestIdField === undefined ? [] : findSecrets(method, fullName);
  return { method, fullName, scope, costClass, idempotency, defaultBudgetMs, requestIdField, secretFields };
}

function findRequestId(method: DescMethod, fullName: string): DescField {
  const field = method.input.fields.find(({ name }) => name === 'request_id');
  if (field === undefined) throw new Error(`${fullName} may be sent again by its policy, but has no request_id.`);
  return field;
}

function findSecrets(method: DescMethod, fullName: string): DescField[] {
  for (const { message, name } of method.input.fields) {
    if (message?.fields.some(isSecret)) {
      throw new Error(`${fullName}: the secret inside ${name} cannot enter the fingerprint; move it to the request.`);
    }
  }
  return method.input.fields.filter(isSecret);
}

function isSecret(field: DescField): boolean {
  const options = field.proto.options;
  return options !== undefined && options.$typeName === FieldOptionsSchema.typeName && options.debugRedact;
}
