import { expect, it } from 'vitest';
import { explainMissing } from './explain-missing.ts';
import { STORE_NAMES } from './store-name.ts';

it('tells in one line what was tried and three ways to go on', () => {
  const attempts = { absent: ['no mongod on the PATH'], unfit: ['package registry: python3 is missing'] };
  for (const name of STORE_NAMES) {
    const line = explainMissing(name, attempts);
    expect(line).toContain('no mongod on the PATH; package registry: python3 is missing');
    expect(line).toMatch(/set \w+_URL .*or put .* on the PATH, or run where/);
    expect(line).not.toContain('\n');
  }
});
