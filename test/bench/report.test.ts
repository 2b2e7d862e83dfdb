import { describe, expect, it } from 'vitest';
import type { Measured } from './measure.ts';
import { formatReport, type WorkloadResult } from './report.ts';

function makeRounds(rates: readonly number[], rest: Partial<Measured> = {}): Measured[] {
  return rates.map((callsPerSecond) => ({ callsPerSecond, cpuMs: 50, serverBusy: 1, loadBusy: 0.5, ...rest }));
}

const echo: WorkloadResult = {
  name: 'echo',
  notes: ['a word on echo'],
  ours: makeRounds([10, 20, 30, 40, 50, 60, 70, 80, 90].map((rate) => rate * 100)),
  peers: new Map([
    [
      'plain',
      makeRounds(
        [10, 10, 10, 20, 20, 20, 20, 20, 20].map((rate) => rate * 100),
        { cpuMs: 64 },
      ),
    ],
  ]),
  limits: new Map([['bare', makeRounds(new Array<number>(9).fill(10_000))]]),
};

describe('formatReport', () => {
  it('compares within rounds, not the medians of all', () => {
    const row = formatReport([echo]).split('\n')[2];
    expect(row?.split(/\s{2,}/)).toEqual(['echo', '5,000', '2,000', '3.00 [2.00, 4.00]', '0.50 bare', '50.0', '64.0']);
  });

  it('says what each workload compares, and how sure the interval is', () => {
    const report = formatReport([echo]);
    expect(report).toContain('- a word on echo');
    expect(report).toContain('9 rounds, and the interval that holds the true median with 96 %;');
  });

  it('says that three rounds are too few', () => {
    const short = { ...echo, ours: echo.ours.slice(0, 3) };
    expect(formatReport([short])).toContain('with 75 %: too few rounds for 95 %');
  });

  it('doubts a rate that the server did not set', () => {
    const idle = { ...echo, ours: makeRounds(new Array<number>(9).fill(100), { serverBusy: 0.5, loadBusy: 0.99 }) };
    expect(formatReport([idle])).toContain(
      'echo, ours: the server used only 50 % of its core (the load 99 % of its own)',
    );
    expect(formatReport([echo])).not.toContain('the server used only');
  });

  it('tells what was counted beside calls, of sides that have it', () => {
    const ours = makeRounds([100, 100, 100], { readsPerDeletion: 1, stale: 0, answered: 200 });
    const peers = new Map([['plain', makeRounds([100], { readsPerDeletion: 27.25, stale: 3, answered: 200 })]]);
    const report = formatReport([echo, { ...echo, name: 'hot', ours, peers }]);
    expect(report).toContain('- hot: reads of the database for each deletion of the key: ours 1.0, plain 27.3.');
    expect(report).toContain('- hot: stale replies: ours 0 of 600, plain 3 of 200.');
    expect(report).not.toContain('- echo: ');
  });

  it('leaves cells empty that a workload lacks', () => {
    const alone = { ...echo, name: 'alone', peers: new Map(), limits: new Map() };
    const row = formatReport([echo, alone]).split('\n')[3];
    expect(row?.split(/\s{2,}/)).toEqual(['alone', '5,000', '50.0']);
  });
});
