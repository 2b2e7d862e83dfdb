import { describe, expect, it } from 'vitest';
import { CacheUnavailableError } from '../cache-unavailable-error.ts';
import { createFaultyDriver } from './faulty-driver.ts';
import { createMemoryDriver } from './memory-driver.ts';
import { describeProtocolDriver } from './protocol-suite.ts';

describeProtocolDriver('in memory', async () => createMemoryDriver());
describeProtocolDriver('with faults, none injected', async () => createFaultyDriver(createMemoryDriver()));

describe('the driver with faults', () => {
  const ttlMs = 1_000;
  const value = Uint8Array.of(1);

  it('refuses the chosen commands and passes the others', async () => {
    const inner = createMemoryDriver();
    const driver = createFaultyDriver(inner);
    driver.inject(({ name, keys }) => (name === 'set' && keys.includes('bad') ? 'refuse' : undefined));
    await expect(driver.set('bad', value, { ttlMs })).rejects.toThrow(CacheUnavailableError);
    await driver.set('good', value, { ttlMs });
    expect(await inner.getMany(['bad', 'good'])).toEqual([undefined, value]);
  });

  it('loses the answer of a command that was executed', async () => {
    const inner = createMemoryDriver();
    const driver = createFaultyDriver(inner);
    driver.inject(() => 'lose-answer');
    await expect(driver.set('a', value, { ttlMs })).rejects.toThrow(CacheUnavailableError);
    expect(await inner.get('a')).toEqual(value);
  });

  it('executes a command late, with what it was given then', async () => {
    const inner = createMemoryDriver();
    const driver = createFaultyDriver(inner);
    const { promise: executeAfter, resolve } = Promise.withResolvers<void>();
    driver.inject(() => ({ executeAfter }));
    const given = Uint8Array.of(1);
    await expect(driver.set('a', given, { ttlMs })).rejects.toThrow(CacheUnavailableError);
    given.fill(9);
    expect(await inner.get('a')).toBeUndefined();
    driver.heal();
    await driver.delete('a');
    resolve();
    await driver.late();
    expect(await driver.get('a')).toEqual(value);
  });
});
