import { describe, expect, it } from 'vitest';
import { checkEtag } from './check-etag.ts';

describe('checkEtag', () => {
  it.each(['', '7'])('lets %j pass for version 7', (etag) => {
    expect(() => checkEtag(etag, { name: 'user', version: 7 })).not.toThrow();
    expect(() => checkEtag(etag, { name: 'user', version: 7n })).not.toThrow();
  });

  it.each(['6', '07', '7.0', ' 7', 'x'])('refuses %j for version 7', (etag) => {
    expect(() => checkEtag(etag, { name: 'post', version: 7 })).toThrow(
      expect.objectContaining({ reason: 'ETAG_MISMATCH', message: expect.stringContaining('The post has changed') }),
    );
  });
});
