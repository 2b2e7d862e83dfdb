import { expect, it } from 'vitest';
import { createCallTallies } from './call-tallies.ts';

it('counts calls by method and code, and their time in buckets that add up', () => {
  const tallies = createCallTallies();
  tallies.count('s/A', 'OK', 0.5);
  tallies.count('s/A', 'OK', 1);
  tallies.count('s/A', 'NOT_FOUND', 1.5);
  tallies.count('s/A', 'OK', 90_000);
  const lines = tallies.text().split('\n');
  expect(lines).toContain('tandem_calls_total{method="s/A",code="OK"} 3');
  expect(lines).toContain('tandem_calls_total{method="s/A",code="NOT_FOUND"} 1');
  expect(lines).toContain('tandem_call_duration_seconds_bucket{method="s/A",le="0.001"} 2');
  expect(lines).toContain('tandem_call_duration_seconds_bucket{method="s/A",le="60"} 3');
  expect(lines).toContain('tandem_call_duration_seconds_bucket{method="s/A",le="+Inf"} 4');
  expect(lines).toContain('tandem_call_duration_seconds_sum{method="s/A"} 90.003');
  expect(lines).toContain('tandem_call_duration_seconds_count{method="s/A"} 4');
});
