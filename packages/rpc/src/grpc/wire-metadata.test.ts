import { Metadata } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { toHeaders, toWireMetadata } from './wire-metadata.ts';

describe('toWireMetadata', () => {
  it('sends binary values unpadded, each by itself, through a clone too', () => {
    const headers = new Headers([
      ['a-bin', 'AQ=='],
      ['a-bin', 'AQI='],
    ]);
    expect(toWireMetadata(headers).clone().toHttp2Headers()['a-bin']).toEqual(['AQ', 'AQI']);
  });

  it.each(['grpc-status', 'content-type', 'connection', 'te', 'date', 'host', 'trailer', 'user-agent'])(
    'leaves out %s, which is the protocol’s',
    (name) => {
      expect(toWireMetadata(new Headers([[name, 'x']])).getMap()).toEqual({});
    },
  );

  it('leaves out values that the wire cannot carry rather than throw', () => {
    const headers = new Headers([
      ['bad', 'caf\u00e9'],
      ['good', 'plain'],
    ]);
    expect(toWireMetadata(headers).getMap()).toEqual({ good: 'plain' });
  });
});

describe('toHeaders', () => {
  it('joins repeated values and gives binary ones as base64', () => {
    const metadata = new Metadata();
    metadata.add('a', '1');
    metadata.add('a', '2');
    metadata.add('b-bin', Buffer.from([1, 2]));
    expect(Object.fromEntries(toHeaders(metadata))).toEqual({ a: '1, 2', 'b-bin': 'AQI=' });
  });
});
