import { Code, ConnectError, type ContextValues, createContextKey, createContextValues } from '@connectrpc/connect';
import {
  type Compression,
  type EnvelopedMessage,
  pipe,
  readAllBytes,
  transformDecompressEnvelope,
  transformJoinEnvelopes,
  transformSplitEnvelope,
  type UniversalServerRequest,
} from '@connectrpc/connect/protocol';
import { TandemError } from '../errors.ts';

/** Request messages as they came, decompressed and unparsed, in the order in which Connect hands them to a handler. */
export interface CapturedMessages {
  readonly format: 'proto' | 'json';
  /** The next message's bytes, or why they did not come. */
  take(): Uint8Array | Error | undefined;
}

/** Where a handler finds what was captured; undefined for a GET, which Connect parses by itself. */
export const capturedMessages = createContextKey<CapturedMessages | undefined>(undefined);

/** How request bodies are read. */
export interface CaptureOptions {
  readonly acceptCompression: readonly Compression[];
  /** The largest message, in bytes, after decompression. */
  readonly readMaxBytes: number;
}

/**
 * Keeps the bytes of each request message aside and puts an empty message in its place, so that Connect's own parsing,
 * which answers errors past the pipeline, has nothing to fail at. What is wrong with compression, envelopes, size or time
 * of the first is kept in its place, so that such a call is seen like any other; of a later one it ends the stream.
 */
export function captureMessages(request: UniversalServerRequest, options: CaptureOptions): UniversalServerRequest {
  const type = parseContentType(request.header.get('content-type') ?? '');
  if (!type || request.method !== 'POST' || !isByteStream(request.body)) return request;
  const encoding = request.header.get(type.encodingHeader);
  const compression = options.acceptCompression.find(({ name }) => name === encoding) ?? null;
  if (!compression && encoding && encoding !== 'identity') return request;

  const queue: (Uint8Array | Error)[] = [];
  const empty = type.format === 'json' ? emptyJson : new Uint8Array();
  let keptAny = false;
  const capture: Capture = {
    empty,
    keep(bytes) {
      keptAny = true;
      queue.push(bytes);
    },
    fail(error) {
      if (keptAny) throw error;
      queue.push(isRefusal(error) ? error : new ConnectError('The request broke off.', Code.Canceled));
    },
  };
  const body = type.enveloped
    ? captureEnvelopes(request.body, { ...options, compression, capture })
    : captureWhole(request.body, takeContentLength(request.header), { ...options, compression, capture });
  const contextValues: ContextValues = request.contextValues ?? createContextValues();
  contextValues.set(capturedMessages, { format: type.format, take: () => queue.shift() });
  return { ...request, body, contextValues };
}

const emptyJson = new TextEncoder().encode('{}');

interface Capture {
  readonly empty: Uint8Array;
  keep(bytes: Uint8Array): void;
  /** Keeps what came instead of the first message; throws it where it came later. */
  fail(error: unknown): void;
}

function isRefusal(error: unknown): error is Error {
  return error instanceof ConnectError || error instanceof TandemError;
}

interface BodyOptions {
  readonly compression: Compression | null;
  readonly readMaxBytes: number;
  readonly capture: Capture;
}

function captureEnvelopes(body: AsyncIterable<Uint8Array>, options: BodyOptions): AsyncIterable<Uint8Array> {
  const { compression, readMaxBytes, capture } = options;
  return pipe(
    body,
    transformSplitEnvelope(readMaxBytes),
    transformDecompressEnvelope(compression, readMaxBytes),
    (envelopes) => captureData(envelopes, capture),
    transformJoinEnvelopes(),
    { propagateDownStreamError: true },
  );
}

async function* captureData(
  envelopes: AsyncIterable<EnvelopedMessage>,
  capture: Capture,
): AsyncIterable<EnvelopedMessage> {
  const { empty } = capture;
  try {
    for await (const { flags, data } of envelopes) {
      // Any other flag is the protocol's business.
      if (flags === 0) capture.keep(data);
      yield { flags, data: flags === 0 ? empty : data };
    }
  } catch (error) {
    capture.fail(error);
    yield { flags: 0, data: empty };
  }
}

async function* captureWhole(
  body: AsyncIterable<Uint8Array>,
  contentLength: string | null,
  { compression, readMaxBytes, capture }: BodyOptions,
): AsyncIterable<Uint8Array> {
  try {
    const bytes = await readAllBytes(body, readMaxBytes, contentLength);
    capture.keep(compression ? await compression.decompress(bytes, readMaxBytes) : bytes);
  } catch (error) {
    capture.fail(error);
  }
  yield compression ? await compression.compress(capture.empty) : capture.empty;
}

/** Taken away, for it is checked here, and is not true of the body that Connect gets. */
function takeContentLength(header: Headers): string | null {
  const length = header.get('content-length');
  header.delete('content-length');
  return length;
}

interface ContentType {
  readonly format: 'proto' | 'json';
  readonly enveloped: boolean;
  readonly encodingHeader: string;
}

const contentType =
  /^application\/(?<protocol>connect\+|grpc-web\+?|grpc\+?)?(?<format>json|proto)?(?:; ?charset=utf-?8)?$/i;

/** Undefined for what is no content type of the three protocols: Connect refuses it. */
function parseContentType(text: string): ContentType | undefined {
  const { protocol, format } = contentType.exec(text.toLowerCase())?.groups ?? {};
  if (!protocol && !format) return undefined;
  return {
    format: format === 'json' ? 'json' : 'proto',
    enveloped: protocol !== undefined,
    encodingHeader: encodingHeader(protocol),
  };
}

function encodingHeader(protocol: string | undefined): string {
  if (protocol === undefined) return 'content-encoding';
  return protocol.startsWith('connect') ? 'connect-content-encoding' : 'grpc-encoding';
}

function isByteStream(body: UniversalServerRequest['body']): body is AsyncIterable<Uint8Array> {
  return typeof body === 'object' && body !== null && Symbol.asyncIterator in body;
}
