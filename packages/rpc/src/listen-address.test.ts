import { describe, expect, it } from 'vitest';
import { formatAddress, isLoopback, parseListenAddress } from './listen-address.ts';

describe('an address to listen on', () => {
  it.each([
    ['127.0.0.1:50051', '127.0.0.1', 50_051],
    ['localhost:0', 'localhost', 0],
    ['[::1]:65535', '::1', 65_535],
    [' 0.0.0.0:80 ', '0.0.0.0', 80],
  ])('%j is read, and written as it was', (text, host, port) => {
    expect(parseListenAddress(text)).toEqual({ host, port });
    expect(formatAddress({ host, port })).toBe(text.trim());
  });

  it.each([
    '',
    '50051',
    ':50051',
    'localhost',
    'localhost:',
    'localhost:http',
    '127.0.0.1:65536',
    '::1:80',
    'a b:1',
    'a:-1',
  ])('%j is none, and the error says so', (text) => {
    expect(() => parseListenAddress(text)).toThrow(`"${text}" is no address to listen on`);
  });

  it.each([
    ['127.0.0.1', true],
    ['127.8.9.10', true],
    ['localhost', true],
    ['::1', true],
    ['0.0.0.0', false],
    ['::', false],
    ['10.0.0.1', false],
    ['127.0.0.1.example.com', false],
  ])('%s is loopback: %s', (host, expected) => {
    expect(isLoopback(host)).toBe(expected);
  });
});
