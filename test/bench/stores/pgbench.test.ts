import { describe, expect, it } from 'vitest';
import { parseTransactionsPerSecond } from './pgbench.ts';

const output = `transaction type: read.sql
query mode: prepared
number of transactions actually processed: 30000
number of failed transactions: 0 (0.000%)
latency average = 0.333 ms
initial connection time = 9.000 ms
tps = 30012.345678 (without initial connection time)
`;

describe('parseTransactionsPerSecond', () => {
  it('takes the rate without the time to connect', () => {
    expect(parseTransactionsPerSecond(output)).toBe(30012.345678);
  });

  it('refuses a run with failed transactions, and one that says nothing', () => {
    expect(() =>
      parseTransactionsPerSecond(output.replace('failed transactions: 0', 'failed transactions: 3')),
    ).toThrow();
    expect(() => parseTransactionsPerSecond('')).toThrow();
  });
});
