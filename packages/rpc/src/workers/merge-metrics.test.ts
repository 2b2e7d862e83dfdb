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

const none = new Set<string>();

describe('the metrics of several workers', () => {
  it('are one text, each metric once, each sample with its worker', () => {
    const merged = mergeMetrics(
      new Map([
        [0, text(3)],
        [2, text(5)],
      ]),
      none,
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
    expect(mergeMetrics(new Map([[1, '']]), none)).toBe('\n');
  });

  it('show once what is not of a worker itself, by the first that can tell', () => {
    const jobs = (...samples: string[]) => ['# HELP jobs Jobs.', '# TYPE jobs gauge', ...samples, ''].join('\n');
    const merged = mergeMetrics(
      new Map([
        [0, jobs()],
        [1, jobs('jobs{queue="a"} 1', 'jobs{queue="b"} 2') + text(3)],
        [2, jobs('jobs{queue="a"} 1', 'jobs{queue="b"} 3') + text(5)],
      ]),
      new Set(['jobs']),
    );
    expect(merged.split('\n').filter((line) => line.startsWith('jobs'))).toEqual([
      'jobs{queue="a"} 1',
      'jobs{queue="b"} 2',
    ]);
    expect(merged).toContain('up{worker="2"} 1');
  });
});
