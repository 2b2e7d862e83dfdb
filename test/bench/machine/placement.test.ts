import { describe, expect, it } from 'vitest';
import { choosePlacement, parseCpuList, pinCommand } from './placement.ts';

describe('choosePlacement', () => {
  it('gives the server a core for itself as soon as there are two', () => {
    expect(choosePlacement([3])).toMatchObject({ server: '3', load: '3', stores: '3' });
    expect(choosePlacement([0, 1])).toMatchObject({ server: '0', load: '1', stores: '1' });
    expect(choosePlacement([2, 5, 6, 7])).toMatchObject({ server: '2', load: '5', stores: '6,7' });
  });
});

describe('parseCpuList', () => {
  it('reads single cores and ranges', () => {
    expect(parseCpuList('0-2,5')).toEqual([0, 1, 2, 5]);
    expect(parseCpuList('4')).toEqual([4]);
    expect(parseCpuList('')).toEqual([]);
  });
});

describe('pinCommand', () => {
  it('leaves the command as it is where nothing can be pinned', () => {
    expect(pinCommand(undefined, ['node', 'a.ts'])).toEqual({ command: 'node', args: ['a.ts'] });
    expect(pinCommand('1', ['node', 'a.ts'])).toEqual({ command: 'taskset', args: ['-c', '1', 'node', 'a.ts'] });
  });
});
