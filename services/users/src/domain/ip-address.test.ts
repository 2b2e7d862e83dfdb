import { describe, expect, it } from 'vitest';
import { canonicalIp, throttledNetwork } from './ip-address.ts';

describe('canonicalIp', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['255.255.255.255', '255.255.255.255'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['::', '::'],
    ['::1', '::1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:c000:0201', '192.0.2.1'],
    ['0:0:0:0:0:ffff:10.0.0.255', '10.0.0.255'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
  ])('reads %s as %s', (text, canonical) => {
    expect(canonicalIp(text)).toBe(canonical);
  });

  it.each([
    '',
    '1.2.3',
    'abcd',
    '1',
    '1.2.3.4.',
    '01.2.3.4',
    '256.1.1.1',
    '0x7f.1',
    '1.2.3.4/32',
    '[::1]',
    '::1%eth0',
    '1:2:3:4:5:6:7:8:9',
    '::1]/@[::2',
    'example.org',
  ])('refuses %j', (text) => {
    expect(canonicalIp(text)).toBeUndefined();
  });
});

describe('throttledNetwork', () => {
  it('takes an IPv6 address by its /64 and an IPv4 one whole', () => {
    expect(throttledNetwork('2001:db8:1:2:3:4:5:6')).toBe('2001:db8:1:2::/64');
    expect(throttledNetwork('2001:db8:1:2::')).toBe('2001:db8:1:2::/64');
    expect(throttledNetwork('2001:db8:1:3::1')).toBe('2001:db8:1:3::/64');
    expect(throttledNetwork('::1')).toBe('0:0:0:0::/64');
    expect(throttledNetwork('192.0.2.1')).toBe('192.0.2.1');
  });
});
