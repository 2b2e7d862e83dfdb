import { describe, expect, it } from 'vitest';
import { parseOptions } from './options.ts';

const names = ['echo', 'GetUser cold'];

describe('parseOptions', () => {
  it('has at least nine rounds and 100 k users unless told otherwise', () => {
    expect(parseOptions([], names)).toEqual({ rounds: 9, windowMs: 1500, users: 100_000, posts: 200_000, only: [] });
  });

  it('takes several workloads', () => {
    const { only, rounds } = parseOptions(['--only', 'echo', '--only', 'GetUser cold', '--rounds', '3'], names);
    expect({ only, rounds }).toEqual({ only: names, rounds: 3 });
  });

  it('takes the beginning of names', () => {
    expect(parseOptions(['--only', 'GetUser'], names).only).toEqual(['GetUser']);
  });

  it('names every bad value at once', () => {
    const parse = () => parseOptions(['--rounds', '0', '--window-ms', 'long', '--only', 'nothing'], names);
    expect(parse).toThrow(/--rounds.*--window-ms.*no workload nothing; there are echo, GetUser cold/);
  });

  it('refuses an option it does not know', () => {
    expect(() => parseOptions(['--round', '3'], names)).toThrow(/--round/);
  });
});
