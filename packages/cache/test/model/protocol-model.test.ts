import { describe, expect, it } from 'vitest';
import { isLongForm, scaledTimeoutMs } from '../../../../test/faults/support/scale.ts';
import { explore } from './explore.ts';
import { defenceInDepth, type FaultKind, faultKinds, type Model, type Tooth, teeth } from './rules.ts';

const timeout = scaledTimeoutMs(300_000);
/** What each process knows of it makes so many states that neither form walks through more than one writer. */
const outage: FaultKind = 'Redis is stopped and continued';

/** The short form walks through one writer where there is a fault; the long form through two. */
function modelOf(tooth: Tooth | undefined, fault: FaultKind | undefined): Model {
  const isSmall = fault === outage || (fault !== undefined && !isLongForm);
  const mixedVersions = tooth === 'the schema version is in the key';
  return { tooth, fault, readers: 2, writers: isSmall ? 1 : 2, mixedVersions };
}

describe('the protocol, in all interleavings of two readers and two writers', () => {
  it.each([false, true])(
    'never gives or keeps an old value without a fault (mixed versions: %s)',
    { timeout },
    (mixedVersions) => {
      expect(explore({ ...modelOf(undefined, undefined), mixedVersions }).violation).toBeUndefined();
    },
  );

  it.each(faultKinds)('nor when %s', { timeout }, (fault) => {
    expect(explore(modelOf(undefined, fault)).violation).toBeUndefined();
  });
});

describe('the model finds an old value, and a shortest way to it, when', () => {
  const cases = Object.entries(teeth).flatMap(([tooth, faults]) =>
    faults.map((fault) => ({ tooth: tooth as Tooth, fault })),
  );

  it.each(cases)('$tooth (fault: $fault)', { timeout }, ({ tooth, fault }) => {
    const { violation } = explore({ ...modelOf(tooth, fault === 'none' ? undefined : fault), writers: 1 });
    if (isLongForm)
      console.log([`${tooth} (fault: ${fault}): ${violation?.what}`, ...(violation?.schedule ?? [])].join('\n  '));
    expect(violation?.schedule.length).toBeLessThan(20);
  });
});

describe('the model finds nothing under any one fault, since other rules make up for it, when', () => {
  it.each(defenceInDepth)('%s', { timeout }, (tooth) => {
    for (const fault of [undefined, ...faultKinds.filter((kind) => isLongForm || kind !== outage)]) {
      expect(explore({ ...modelOf(tooth, fault), writers: 1 }).violation).toBeUndefined();
    }
  });
});
