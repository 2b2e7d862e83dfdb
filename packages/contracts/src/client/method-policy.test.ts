import { describe, expect, it } from 'vitest';
import { CostClass, Idempotency } from '../options.ts';
import { AuthorService, PostService, SearchService } from '../posts.ts';
import { PointsService, SessionService, UserService } from '../users.ts';
import { Health } from '../wire.ts';
import { defaultTimeoutsMs, isRetryable, readPolicy, takesRequestId, timeoutOf } from './method-policy.ts';

const services = [UserService, PointsService, SessionService, PostService, SearchService, AuthorService];
const methods = services.flatMap((service) => service.methods);

describe('every method of the contract', () => {
  it.each(methods.map((method) => [`${method.parent.name}.${method.name}`, method] as const))(
    '%s has a policy',
    (_, method) => {
      const policy = readPolicy(method);
      expect(policy?.scope).toMatch(/^(users|points|sessions|posts)\.[a-z]+$/);
      expect(policy?.idempotency).not.toBe(Idempotency.UNSPECIFIED);
      expect(policy?.costClass).not.toBe(CostClass.UNSPECIFIED);
    },
  );

  it('has a request_id where its policy says so', () => {
    const without = methods.filter((method) => takesRequestId(method) && !method.input.field.requestId);
    expect(without.map((method) => method.name)).toEqual([]);
  });

  it('has a name of its own within its package, so that one client can hold them all', () => {
    const names = methods.map((method) => `${method.parent.file.proto.package} ${method.localName}`);
    expect(new Set(names).size).toBe(names.length);
  });

  it('is a stream or has a deadline', () => {
    const unbounded = methods.filter((method) => timeoutOf(method, defaultTimeoutsMs) === undefined);
    expect(unbounded.map((method) => method.methodKind)).not.toContain('unary');
  });
});

describe('a method of another contract', () => {
  it('has no policy and is not retried', () => {
    expect([readPolicy(Health.method.check), isRetryable(Health.method.check)]).toEqual([undefined, false]);
  });
});
