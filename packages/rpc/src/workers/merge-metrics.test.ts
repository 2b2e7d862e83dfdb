import { describe, expect, it } from 'vitest';
import { mergeMetrics } from './merge-metrics.ts';

const text = (calls: number) =>
  [
    '# HELP up Whether.',
    '# TYPE up gauge',
    'up 1',
    '',
    '# HELP calls Calls, by method.',
    '# TYPE calls counter',
    `calls{method="a",code="{OK}"} ${calls}`,
    '',
  ].join('\n');

describe('the metrics of several workers', () => {
  it('are one text, each metric once, each sample with its worker', () => {
    const merged = mergeMetrics(
      new Map([
        [0, text(3)],
        [2, text(5)],
      ]),
    );
    expect(merged.split('\n')).toEqual([
      '# HELP up Whether.',
      '# TYPE up gauge',
      'up{worker="0"} 1',
      'up{worker="2"} 1',
      '# HELP calls Calls, by method.',
      '# TYPE calls counter',
      'calls{worker="0",method="a",code="{OK}"} 3',
      'calls{worker="2",method="a",code="{OK}"} 5',
      '',
    ]);
  });

  it('leave out a worker that did not answer', () => {
    expect(mergeMetrics(new Map([[1, '']]))).toBe('\n');
  });
});
