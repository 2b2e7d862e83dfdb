import { describe, expect, it } from 'vitest';
import { checkPasswordHash, isCurrentHash, makeDecoyHash } from './password-hash.ts';

const salt = Buffer.alloc(16, 7).toString('base64').replaceAll('=', '');
const digest = Buffer.alloc(32, 9).toString('base64').replaceAll('=', '');
const hash = (parameters: string, { version = '19', of = 'argon2id' } = {}) =>
  `$${of}$v=${version}$${parameters}$${salt}$${digest}`;

describe('checkPasswordHash', () => {
  it.each([
    'm=19456,t=2,p=1',
    'm=19456,p=1,t=2',
    'm=8,t=1,p=1',
    'm=65536,t=3,p=4',
    'm=65536,t=4,p=1',
    'm=26214,t=10,p=4',
  ])('takes %s', (parameters) => {
    expect(checkPasswordHash(hash(parameters))).toBeUndefined();
  });

  it.each([
    hash('m=65537,t=2,p=1'),
    hash('m=65536,t=5,p=1'),
    hash('m=262144,t=1,p=1'),
    hash('m=19456,t=11,p=1'),
    hash('m=19456,t=0,p=1'),
    hash('m=19456,t=2,p=5'),
    hash('m=15,t=2,p=2'),
    hash('m=19456,t=2'),
    hash('m=19456,m=19456,t=2'),
    hash('m=19456,t=2,p=1,t=2'),
    hash('m=,t=2,p=1'),
    hash('m=19456,t=2,p=1', { version: '16' }),
    hash('m=19456,t=2,p=1', { of: 'argon2i' }),
    `$argon2id$v=19$m=19456,t=2,p=1$c2hvcnQ$${digest}`,
    `$argon2id$v=19$m=19456,t=2,p=1$${salt}$c2hvcnQ`,
    `${hash('m=19456,t=2,p=1')}=`,
    `${hash('m=19456,t=2,p=1')}\n`,
    '$2b$12$abcdefghijklmnopqrstuv',
    'plain',
    '',
  ])('refuses %j', (bad) => {
    expect(checkPasswordHash(bad)).toBeTypeOf('string');
  });

  it('does not repeat the hash in its message', () => {
    expect(checkPasswordHash(hash('m=65537,t=2,p=1'))).not.toContain(digest);
  });
});

describe('isCurrentHash', () => {
  it.each([
    ['m=19456,t=2,p=1', true],
    ['p=1,m=19456,t=2', true],
    ['m=19457,t=2,p=1', false],
    ['m=19456,t=3,p=1', false],
    ['m=19456,t=2,p=2', false],
  ])('says of %s: %s', (parameters, isCurrent) => {
    expect(isCurrentHash(hash(parameters))).toBe(isCurrent);
  });
});

describe('makeDecoyHash', () => {
  it('makes what looks like the hash of a password, another each time', () => {
    const decoys = [makeDecoyHash(), makeDecoyHash()];
    expect(decoys.map(checkPasswordHash)).toEqual([undefined, undefined]);
    expect(decoys.map(isCurrentHash)).toEqual([true, true]);
    expect(decoys[0]).not.toBe(decoys[1]);
  });
});
