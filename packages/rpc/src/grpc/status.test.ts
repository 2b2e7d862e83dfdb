import { fromBinary } from '@bufbuild/protobuf';
import { anyUnpack } from '@bufbuild/protobuf/wkt';
import { Code, ConnectError } from '@connectrpc/connect';
import { ErrorInfoSchema, StatusSchema } from '@tandem/contracts/wire';
import { describe, expect, it } from 'vitest';
import { toStatusObject } from './status.ts';

function detailsOf(status: ReturnType<typeof toStatusObject>) {
  const [bytes] = status.metadata.get('grpc-status-details-bin');
  return fromBinary(StatusSchema, bytes as Buffer);
}

describe('toStatusObject', () => {
  it('carries code, message and details as google.rpc.Status', () => {
    const detail = { desc: ErrorInfoSchema, value: { reason: 'EMAIL_TAKEN', domain: 'users.tandem' } };
    const status = toStatusObject(new ConnectError('taken', Code.AlreadyExists, { 'x-a': '1' }, [detail]));
    expect(status).toMatchObject({ code: 6, details: 'taken' });
    expect(status.metadata.get('x-a')).toEqual(['1']);
    const sent = detailsOf(status);
    expect(sent).toMatchObject({ code: 6, message: 'taken' });
    expect(anyUnpack(sent.details[0]!, ErrorInfoSchema)).toMatchObject({ reason: 'EMAIL_TAKEN' });
  });

  it('passes on details that it only knows as bytes', () => {
    const error = new ConnectError('x', Code.Aborted);
    error.details.push({ type: 'a.B', value: Uint8Array.of(1, 2) });
    expect(detailsOf(toStatusObject(error)).details[0]).toMatchObject({ typeUrl: 'type.googleapis.com/a.B' });
  });

  it('says nothing of an error that was not meant for callers', () => {
    expect(toStatusObject(new Error('password is hunter2'))).toMatchObject({ code: 13, details: 'internal error' });
  });

  it('does not throw on a lone surrogate', () => {
    expect(toStatusObject(new ConnectError('a\ud800b', Code.Aborted)).details).toBe('a\ufffdb');
  });

  it('sends trailers, and not the metadata of an error that came from a peer', () => {
    const error = new ConnectError('x', Code.Aborted, { 'x-peer': '1' });
    error.isWireError = true;
    const status = toStatusObject(error, new Headers({ 'x-own': '2' }));
    expect(status.metadata.getMap()).toEqual({ 'x-own': '2' });
  });
});
