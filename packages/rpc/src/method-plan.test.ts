import { createFileRegistry, type DescMethod, fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { readImage } from '@tandem/contracts';
import { CostClass } from '@tandem/contracts/options';
import { UserService } from '@tandem/contracts/users';
import { Health } from '@tandem/contracts/wire';
import { describe, expect, it } from 'vitest';
import { planMethod } from './method-plan.ts';

describe('the plan of a method', () => {
  it('reads scope, cost, request_id and secrets from the contract', () => {
    const plan = planMethod(UserService.method.createUser);
    expect(plan).toMatchObject({ scope: 'users.write', costClass: CostClass.HASH });
    expect(plan.requestIdField?.name).toBe('request_id');
    expect(plan.secretFields.map(({ name }) => name)).toEqual(['password']);
  });

  it('has no request_id for a read', () => {
    expect(planMethod(UserService.method.getUser).requestIdField).toBeUndefined();
  });

  it('is refused to a method without a policy', () => {
    expect(() => planMethod(Health.method.check)).toThrow('grpc.health.v1.Health/Check has no complete policy');
  });

  it('can be made for every method of the contract', () => {
    const plans = contractMethods().map(planMethod);
    expect(plans.length).toBeGreaterThan(30);
    expect(plans.every(({ method, requestIdField }) => !requestIdField || method.methodKind === 'unary')).toBe(true);
  });
});

function contractMethods(): DescMethod[] {
  const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, readImage()));
  const services = [...registry].filter((type) => type.kind === 'service');
  return services.filter(({ typeName }) => typeName.startsWith('tandem.')).flatMap(({ methods }) => methods);
}
