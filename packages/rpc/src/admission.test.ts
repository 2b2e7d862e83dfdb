import { CostClass } from '@tandem/contracts/options';
import { describe, expect, it } from 'vitest';
import { createAdmission } from './admission.ts';

const limits = { POINT: 2, PAGE: 1, SCAN: 1, HASH: 1, STREAM: 1 };

describe('admission', () => {
  it('turns away what is too many, class by class, and counts it', () => {
    const shed: CostClass[] = [];
    const admission = createAdmission(limits, (costClass) => shed.push(costClass));
    admission.enter(CostClass.POINT);
    admission.enter(CostClass.POINT);
    expect(() => admission.enter(CostClass.POINT)).toThrow(expect.objectContaining({ reason: 'OVERLOADED' }));
    expect(() => admission.enter(CostClass.PAGE)).not.toThrow();
    expect(shed).toEqual([CostClass.POINT]);
  });

  it('lets in again what a finished call made room for', () => {
    const admission = createAdmission(limits, () => {});
    admission.enter(CostClass.PAGE);
    admission.leave(CostClass.PAGE);
    expect(admission.inFlight(CostClass.PAGE)).toBe(0);
    expect(() => admission.enter(CostClass.PAGE)).not.toThrow();
  });

  it('lets nothing in once it is closed', () => {
    const admission = createAdmission(limits, () => {});
    admission.close();
    expect(() => admission.enter(CostClass.SCAN)).toThrow(expect.objectContaining({ reason: 'DRAINING' }));
  });
});
