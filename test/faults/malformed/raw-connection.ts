import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from 'node:http2';
import { fromBinary } from '@bufbuild/protobuf';
import { anyUnpack } from '@bufbuild/protobuf/wkt';
import { ErrorInfoSchema, StatusSchema } from '@tandem/contracts/wire';

/** What is sent on a stream of its own. */
export interface RawRequest {
  readonly path: string;
  readonly headers: OutgoingHttpHeaders;
  readonly body: Uint8Array;
  /** How the caller ends it: as it should, by a reset once the body is out, or by leaving with the whole connection. */
  readonly ending: 'end' | 'reset' | 'leave';
  /** The answer has no end of its own: its first message is enough. */
  readonly endless: boolean;
}

/** How it was answered: a status of gRPC, or only one of HTTP, or a reset stream; `silence` when nothing came in time. */
export interface RawOutcome {
  readonly code: number | 'reset' | 'silence' | `HTTP ${number}`;
  readonly reason: string | undefined;
  readonly text: string;
}

const maxWaitMs = 30_000;
const codesByName = new Map(
  [
    ...['ok', 'canceled', 'unknown', 'invalid_argument', 'deadline_exceeded', 'not_found', 'already_exists'],
    ...['permission_denied', 'resource_exhausted', 'failed_precondition', 'aborted', 'out_of_range', 'unimplemented'],
    ...['internal', 'unavailable', 'data_loss', 'unauthenticated'],
  ].map((name, code) => [name, code]),
);

/** HTTP/2 without a client of gRPC in between, which would refuse to send most of what is sent here. */
export class RawConnection implements Disposable {
  readonly #url: string;
  #session: ClientHttp2Session | undefined;

  /** @param target `host:port` */
  constructor(target: string) {
    this.#url = `http://${target}`;
  }

  async send(request: RawRequest): Promise<RawOutcome> {
    const session = this.#open();
    const outcome = await new Promise<RawOutcome>((resolve) => {
      const stream = session.request({ ':method': 'POST', ':path': request.path, te: 'trailers', ...request.headers });
      const timer = setTimeout(() => resolve(empty('silence')), maxWaitMs);
      listen(stream, request, (outcome) => {
        clearTimeout(timer);
        resolve(outcome);
      });
      if (request.ending === 'end') stream.end(request.body);
      else stream.write(request.body, () => stream.close(constants.NGHTTP2_CANCEL));
    });
    if (request.ending === 'leave') session.destroy();
    return outcome;
  }

  /** After a server has had enough of a connection, another one. */
  #open(): ClientHttp2Session {
    const open = this.#session;
    if (open !== undefined && !open.closed && !open.destroyed) return open;
    const session = connect(this.#url);
    session.on('error', () => {});
    session.on('goaway', () => session.close());
    this.#session = session;
    return session;
  }

  [Symbol.dispose](): void {
    this.#session?.destroy();
  }
}

function listen(stream: ClientHttp2Stream, { endless }: RawRequest, settle: (outcome: RawOutcome) => void): void {
  let headers: IncomingHttpHeaders = {};
  const chunks: Buffer[] = [];
  stream.on('response', (received) => {
    headers = received;
  });
  stream.on('trailers', (received) => {
    headers = { ...headers, ...received };
  });
  stream.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    if (endless && !isTrailerFrame(chunk)) stream.close(constants.NGHTTP2_CANCEL);
  });
  // A server that refuses what is too large answers without reading on, and all is not out then.
  stream.on('end', () => stream.close(constants.NGHTTP2_NO_ERROR));
  stream.on('error', () => {});
  stream.on('close', () =>
    settle(endless && chunks[0] && !isTrailerFrame(chunks[0]) ? empty(0) : read(headers, Buffer.concat(chunks))),
  );
}

function empty(code: RawOutcome['code']): RawOutcome {
  return { code, reason: undefined, text: '' };
}

function read(headers: IncomingHttpHeaders, body: Buffer): RawOutcome {
  if (headers[':status'] === undefined) return empty('reset');
  const trailers = { ...headers, ...readTrailerFrame(body) };
  if (trailers['grpc-status'] !== undefined) return readStatus(trailers);
  return readConnect(Number(headers[':status']), body);
}

function readStatus(trailers: IncomingHttpHeaders): RawOutcome {
  const details = trailers['grpc-status-details-bin'];
  const status = fromBinary(StatusSchema, Buffer.from(String(details ?? ''), 'base64'));
  const info = status.details.map((detail) => anyUnpack(detail, ErrorInfoSchema)).find((found) => found !== undefined);
  return {
    code: Number(trailers['grpc-status']),
    reason: info?.reason,
    text: String(trailers['grpc-message'] ?? ''),
  };
}

function isTrailerFrame(bytes: Buffer): boolean {
  return (bytes[0] ?? 0) >= 0x80;
}

/** gRPC-Web and Connect's streams carry the end of an answer as a last frame. */
function readTrailerFrame(body: Buffer): IncomingHttpHeaders {
  for (let at = 0; at + 5 <= body.length; at += 5 + body.readUInt32BE(at + 1)) {
    if ((body.readUInt8(at) & 0x80) === 0) continue;
    const lines = body
      .subarray(at + 5)
      .toString('latin1')
      .trim()
      .split('\r\n');
    return Object.fromEntries(lines.map((line) => line.split(/: ?(.*)/s, 2) as [string, string]));
  }
  return {};
}

/** Connect: the code by its name, in the body or in the last frame of a stream. */
function readConnect(status: number, body: Buffer): RawOutcome {
  const text = body.toString('utf8');
  const name = /"code":"([a-z_]+)"/.exec(text)?.[1];
  const reason = /"reason":"([A-Z_]+)"/.exec(text)?.[1];
  const code = name === undefined ? undefined : codesByName.get(name);
  // Connect has no code for a content type that is none.
  if (code !== undefined && status !== 415) return { code, reason, text };
  return { code: status === 200 ? 0 : `HTTP ${status}`, reason, text };
}
