import { createFileRegistry, type DescEnumValue, fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { readImage } from '@tandem/contracts';
import { describe, expect, it } from 'vitest';
import { codeName } from './code-names.ts';
import { fieldInvalid, REASON_RULES, type Reason, TandemError } from './errors.ts';

const reasons = (Object.keys(REASON_RULES) as Reason[]).sort();

describe('the reasons', () => {
  it("are those of both services' ErrorReason enums, no more and no less", () => {
    const names = contractReasons().map(({ name }) => name.replace('ERROR_REASON_', ''));
    expect(reasons).toEqual([...new Set(names)].sort());
  });

  it('have the status code that the contract states for each', () => {
    for (const value of contractReasons()) {
      const stated = readComment(value)?.trim().split(':')[0];
      const reason = value.name.replace('ERROR_REASON_', '') as Reason;
      expect([reason, codeName(REASON_RULES[reason].code)]).toEqual([reason, stated]);
    }
  });

  it('say when to retry on UNAVAILABLE, RESOURCE_EXHAUSTED and REQUEST_IN_PROGRESS, and only there', () => {
    for (const reason of reasons) {
      const { code, retryAfterMs } = REASON_RULES[reason];
      const retryable =
        ['UNAVAILABLE', 'RESOURCE_EXHAUSTED'].includes(codeName(code)) || reason === 'REQUEST_IN_PROGRESS';
      expect([reason, retryAfterMs !== undefined]).toEqual([reason, retryable]);
    }
  });

  it('are never kept under a request_id where a retry might fare better or the request itself is wrong', () => {
    const kept = reasons.filter((reason) => REASON_RULES[reason].decidedByState);
    const codes = new Set(kept.map((reason) => codeName(REASON_RULES[reason].code)));
    expect([...codes].sort()).toEqual(['ABORTED', 'ALREADY_EXISTS', 'FAILED_PRECONDITION', 'NOT_FOUND']);
    expect(kept).not.toContain('REQUEST_IN_PROGRESS');
    expect(kept).not.toContain('RESPONSE_TOO_LARGE');
  });
});

describe('TandemError', () => {
  it('names the field at fault where the reason implies it', () => {
    const error = new TandemError('PAGE_TOKEN_MISMATCH', 'other arguments');
    expect(error.violations).toEqual([{ field: 'page_token', description: 'other arguments' }]);
  });

  it("takes the reason's time to retry unless one is given", () => {
    expect(new TandemError('OVERLOADED', '').retryAfterMs).toBe(REASON_RULES.OVERLOADED.retryAfterMs);
    expect(new TandemError('LOGIN_THROTTLED', '', { retryAfterMs: 5 }).retryAfterMs).toBe(5);
  });

  it('of one field has one violation and says both in its message', () => {
    const error = fieldInvalid('user.name', 'needs a visible character');
    expect(error.reason).toBe('FIELD_INVALID');
    expect(error.violations).toEqual([{ field: 'user.name', description: 'needs a visible character' }]);
    expect(error.message).toBe('user.name: needs a visible character');
  });
});

function contractReasons(): DescEnumValue[] {
  const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, readImage()));
  return ['users', 'posts'].flatMap((service) => {
    const found = registry.getEnum(`tandem.${service}.v1.ErrorReason`);
    return (found?.values ?? []).filter(({ number }) => number !== 0);
  });
}

/** An enum value's leading comment; 5 is the file's enums and 2 an enum's values in descriptor.proto. */
function readComment({ parent, number }: DescEnumValue): string | undefined {
  const enumIndex = parent.file.enums.indexOf(parent);
  const path = [5, enumIndex, 2, parent.values.findIndex((value) => value.number === number)].join();
  return parent.file.proto.sourceCodeInfo?.location.find((one) => one.path.join() === path)?.leadingComments;
}
