import type { DescMessage, Message } from '@bufbuild/protobuf';
import { TandemError } from './errors.ts';
import { digestMessage } from './message-digest.ts';
import { createSealer, type Sealer } from './sealer.ts';

const DEFAULT_PAGE_SIZE = 50;
const MAX_PAGE_SIZE = 1000;
const NOT_BOUND = new Set(['page_size', 'page_token', 'include_total_size']);

/** The arguments that every paged request has. */
export interface PagedRequest extends Message {
  readonly pageSize: number;
  readonly pageToken: string;
}

/** Whose pages: the part of a call that a token is bound to. The request's type stands for the method. */
export interface PagingCall {
  readonly caller: string;
}

/** Sealed page tokens, bound to the caller, the method and every argument but size, token and `include_total_size`. */
export interface Paging {
  /**
   * How many rows to read and after what. `limit`: 0 is read as 50, above 1000 as 1000. `after` is what `seal` was
   * given for the page before, undefined for the first page.
   *
   * @throws TandemError `PAGE_TOKEN_INVALID` (none of ours, tampered with, another caller's or method's),
   * `PAGE_TOKEN_MISMATCH` (other arguments than the first page's)
   */
  open<P>(call: PagingCall, desc: DescMessage, request: PagedRequest): { limit: number; after: P | undefined };
  /**
   * The token of the page after `after`, or `''` for undefined (this was the last). `after` is JSON: strings, numbers,
   * null; a bigint as a string.
   */
  seal<P>(call: PagingCall, desc: DescMessage, request: PagedRequest, after: P | undefined): string;
}

/** Paging over these secrets: the first seals, all open. Same secrets, same tokens on every replica and port. */
export function createPaging(keys: readonly Uint8Array[]): Paging {
  const sealer = createSealer(keys, 'page token');
  return {
    open: <P>(call: PagingCall, desc: DescMessage, request: PagedRequest) => ({
      limit: toLimit(request.pageSize),
      after: request.pageToken === '' ? undefined : openToken<P>(sealer, { call, desc, request }),
    }),
    seal: (call, desc, request, after) => {
      if (after === undefined) return '';
      return sealer.seal(JSON.stringify([digestArguments(desc, request), after]), toContext(call, desc));
    },
  };
}

function openToken<P>(sealer: Sealer, paged: { call: PagingCall; desc: DescMessage; request: PagedRequest }): P {
  const { call, desc, request } = paged;
  const text = sealer.open(request.pageToken, toContext(call, desc));
  if (text === undefined) {
    throw new TandemError(
      'PAGE_TOKEN_INVALID',
      'page_token is not a token of this method and caller. Send next_page_token as it came, or begin without one.',
    );
  }
  const [digest, after] = JSON.parse(text) as [string, P];
  if (digest !== digestArguments(desc, request)) {
    throw new TandemError(
      'PAGE_TOKEN_MISMATCH',
      'page_token belongs to other arguments. Send those of the first page again, or begin without a token.',
    );
  }
  return after;
}

function toLimit(pageSize: number): number {
  return pageSize === 0 ? DEFAULT_PAGE_SIZE : Math.min(pageSize, MAX_PAGE_SIZE);
}

/** No method shares its request type with another (buf's rule), so the type names the method. */
function toContext(call: PagingCall, desc: DescMessage): string {
  return JSON.stringify([call.caller, desc.typeName]);
}

function digestArguments(desc: DescMessage, request: PagedRequest): string {
  return digestMessage(desc, request, NOT_BOUND).toString('base64url');
}
