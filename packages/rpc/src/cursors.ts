import type { DescMessage, Message } from '@bufbuild/protobuf';
import { TandemError } from './errors.ts';
import { digestMessage } from './message-digest.ts';
import type { PagingCall } from './paging.ts';
import { createSealer } from './sealer.ts';

const NOT_BOUND = new Set(['cursor', 'chunk_size']);

/** The argument that every stream has that can be resumed. */
export interface ResumableRequest extends Message {
  /** That of the last message that was received; empty to begin. */
  readonly cursor: string;
}

/** Sealed cursors of server streams, bound to the caller, the method and every argument but cursor and `chunk_size`. */
export interface Cursors {
  /**
   * What `seal` was given for the message that the stream goes on after; undefined for a stream that begins.
   *
   * @throws TandemError `CURSOR_INVALID`: none of ours, tampered with, of another caller, method or filter
   */
  open<P>(call: PagingCall, desc: DescMessage, request: ResumableRequest): P | undefined;
  /** The cursor that goes on after `after`, which is JSON: strings, numbers, null; a bigint as a string. */
  seal<P>(call: PagingCall, desc: DescMessage, request: ResumableRequest, after: P): string;
}

/** Cursors over these secrets: the first seals, all open. Same secrets, same cursors on every replica and port. */
export function createCursors(keys: readonly Uint8Array[]): Cursors {
  const sealer = createSealer(keys, 'cursor');
  return {
    open: (call, desc, request) => {
      if (request.cursor === '') return undefined;
      const text = sealer.open(request.cursor, toContext(call, desc, request));
      if (text === undefined) throw cursorInvalid();
      return JSON.parse(text);
    },
    seal: (call, desc, request, after) => sealer.seal(JSON.stringify(after), toContext(call, desc, request)),
  };
}

function toContext({ caller }: PagingCall, desc: DescMessage, request: ResumableRequest): string {
  return JSON.stringify([caller, desc.typeName, digestMessage(desc, request, NOT_BOUND).toString('base64url')]);
}

function cursorInvalid(): TandemError {
  return new TandemError(
    'CURSOR_INVALID',
    'cursor is not one of this method, filter and caller. Send it as it came, with the same filter, or begin without one.',
  );
}
