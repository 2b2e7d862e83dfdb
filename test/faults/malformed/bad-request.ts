import type { OutgoingHttpHeaders } from 'node:http2';
import {
  type DescMethod,
  type DescService,
  fromBinary,
  type Message,
  toBinary,
  toJsonString,
} from '@bufbuild/protobuf';
import { Code } from '@connectrpc/connect';
import type { Random } from '@tandem/rpc/testing';
import { makeMessage } from './make-message.ts';
import { mutateBytes, mutateMessage } from './mutate-message.ts';
import type { RawRequest } from './raw-connection.ts';

/** What is sent, and what may be answered. */
export interface BadRequest extends RawRequest {
  readonly kind: Kind;
  readonly allowed: readonly (number | string)[];
}

/** By the kind of request, what may come of it. Never UNKNOWN, and never silence. */
export type Kind = keyof typeof allowedOf;

/**
 * What a message that can be read may rightly bring, as it is drawn from a few ids and names:
 * INVALID_ARGUMENT what validation finds; NOT_FOUND, ALREADY_EXISTS and ABORTED (an etag, a request in progress) of things
 * that others have made, or nobody has; FAILED_PRECONDITION of authors and points; UNAUTHENTICATED of logins and tokens;
 * RESOURCE_EXHAUSTED of too many logins and hashes.
 */
const readable = [
  0,
  Code.InvalidArgument,
  Code.NotFound,
  Code.AlreadyExists,
  Code.Aborted,
  Code.FailedPrecondition,
  Code.Unauthenticated,
  Code.ResourceExhausted,
];
/** What the transport says of what is no call: HTTP's own refusals, a reset, INTERNAL where frames are no frames. */
const transport = [Code.Internal, Code.Unimplemented, Code.InvalidArgument, Code.ResourceExhausted, 'reset'];
const httpRefusals = [400, 404, 405, 411, 413, 415, 429, 431, 501, 505].map((status) => `HTTP ${status}`);

const allowedOf = {
  readable,
  unreadable: [Code.InvalidArgument],
  json: readable,
  oversize: [Code.ResourceExhausted, 'reset', 'HTTP 413', 'HTTP 429'],
  'unknown method': [Code.Unimplemented, 'HTTP 404'],
  frames: [...readable, ...transport, ...httpRefusals],
  // Its deadline may be over before it begins, and its caller may be gone.
  metadata: [...readable, ...transport, ...httpRefusals, Code.DeadlineExceeded],
  abandoned: [...readable, ...transport, ...httpRefusals, Code.Canceled],
} as const satisfies Record<string, readonly (number | string)[]>;

export const kinds = Object.keys(allowedOf) as Kind[];

const maxMessageBytes = 4 * 1024 * 1024;

/** Where it goes: the edge speaks Connect and gRPC-Web too. */
export type Port = 'gRPC' | 'edge';

/** A request that no client would send, or that only looks so. */
export function makeBadRequest(services: readonly DescService[], port: Port, random: Random): BadRequest {
  const method = random.pick(random.pick(services).methods);
  const message = makeMessage(method.input, random);
  const draw = random.below(100);
  if (draw < 40) return sendBytes(method, badBytes(method, message, random), { port, random });
  if (draw < 60) return sendBytes(method, toBinary(method.input, message), { port, random });
  if (draw < 70) {
    const canJson = port === 'edge' && method.methodKind === 'unary';
    return canJson ? sendJson(method, message, random) : sendBytes(method, random.bytes(300), { port, random });
  }
  if (draw < 72) return sendOversize(method, port, random);
  if (draw < 76) return sendToNobody(method, message, { port, random });
  if (draw < 83) return sendFrames(method, message, { port, random });
  if (draw < 93) return sendMetadata(method, message, { port, random });
  return abandon(method, message, { port, random });
}

interface Way {
  readonly port: Port;
  readonly random: Random;
}

function badBytes(method: DescMethod, message: Message, random: Random): Uint8Array {
  return random.chance(0.3) ? random.bytes(300) : mutateMessage(toBinary(method.input, message), random);
}

function sendBytes(method: DescMethod, bytes: Uint8Array, way: Way): BadRequest {
  return request(method, isReadable(method, bytes) ? 'readable' : 'unreadable', {
    body: frame(bytes),
    headers: { 'content-type': pickContentType(way) },
  });
}

function sendJson(method: DescMethod, message: Message, random: Random): BadRequest {
  const good = toJson(method, message);
  const bodies = [
    Buffer.from(good),
    mutateBytes(Buffer.from(good), random),
    Buffer.from(`${good.slice(0, -1)}${good === '{}' ? '' : ','}"${random.word()}":1}`),
    Buffer.from(good.replace(/"[^"]*":/, (name) => `${name}{"a":[1e999,`)),
    Buffer.from(random.pick(['{"a":', '[', '{"id":['].map((text) => text.repeat(random.pick([10, 5_000]))))),
    Buffer.from(
      random.pick(['', 'null', '[]', '"\\ud800"', '{"id":"\\ud800"}', '{"id":1}', '\ufeff{}', '{"id":"a","id":"b"}']),
    ),
    random.bytes(200),
  ];
  return request(method, 'json', { body: random.pick(bodies), headers: { 'content-type': 'application/json' } });
}

/** Not every value has a form in JSON. */
function toJson({ input }: DescMethod, message: Message): string {
  try {
    return toJsonString(input, message);
  } catch {
    return '{}';
  }
}

function sendOversize(method: DescMethod, port: Port, random: Random): BadRequest {
  const body = frame(new Uint8Array(maxMessageBytes + 1 + random.below(100_000)));
  return request(method, 'oversize', { body, headers: { 'content-type': pickContentType({ port, random }) } });
}

function sendToNobody(method: DescMethod, message: Message, way: Way): BadRequest {
  const path = way.random.pick([`/${method.parent.typeName}/${way.random.word()}`, '/', `/${way.random.word()}`]);
  const good = sendBytes(method, toBinary(method.input, message), way);
  return { ...good, path, kind: 'unknown method', allowed: allowedOf['unknown method'] };
}

/** Lengths that lie, flags that are none, several messages, and none. */
function sendFrames(method: DescMethod, message: Message, { port, random }: Way): BadRequest {
  const good = frame(toBinary(method.input, message));
  const lying = (length: number) => {
    const bytes = Uint8Array.from(good);
    new DataView(bytes.buffer).setUint32(1, length);
    return bytes;
  };
  const bodies = [
    Uint8Array.from(good, (byte, at) => (at === 0 ? random.below(256) : byte)),
    lying(random.pick([0, 1, good.length, 2 ** 31, 2 ** 32 - 1])),
    good.subarray(0, random.below(good.length)),
    Buffer.concat([good, good, frame(random.bytes(20))]),
    new Uint8Array(),
  ];
  const headers = { 'content-type': pickContentType({ port, random }) };
  return request(method, 'frames', { body: random.pick(bodies), headers });
}

function sendMetadata(method: DescMethod, message: Message, { port, random }: Way): BadRequest {
  const abuses: OutgoingHttpHeaders[] = [
    { 'grpc-timeout': random.pick(['0S', '0n', '1u', '-1S', '99999999H', '999999999S', 'soon', '', '1.5S', '10X']) },
    { 'x-request-id': random.pick(['x'.repeat(9_000), 'a b', '\t', "'; --", '%00']) },
    { traceparent: random.pick(['00', 'x'.repeat(200), `00-${'0'.repeat(32)}-${'0'.repeat(16)}-01`]) },
    { authorization: random.pick(['Bearer', 'Basic Og==', `Bearer ${'x'.repeat(5_000)}`, '\u00ff']) },
    { 'x-some-bin': random.pick(['***', 'AAA', '=', 'a,b,,c']) },
    { 'grpc-encoding': random.pick(['gzip', 'snappy', 'identity,gzip', '']) },
    { 'grpc-accept-encoding': 'x'.repeat(2_000) },
    { 'content-type': random.pick(['', 'application/grpc+thrift', 'text/html', 'application/grpc;;;', 'multipart/x']) },
    { 'connect-timeout-ms': random.pick(['-1', 'soon', '1e9', '99999999999999']) },
    { 'connect-protocol-version': '9' },
    Object.fromEntries(Array.from({ length: random.pick([100, 1_500]) }, (_, n) => [`x-many-${n}`, 'v'.repeat(20)])),
    { 'content-length': String(random.below(100)) },
  ];
  const body = frame(toBinary(method.input, message));
  const headers = { 'content-type': pickContentType({ port, random }), ...random.pick(abuses) };
  return request(method, 'metadata', { body, headers });
}

/** The caller goes away in the middle. */
function abandon(method: DescMethod, message: Message, { port, random }: Way): BadRequest {
  const whole = frame(toBinary(method.input, message));
  const body = random.chance(0.5) ? whole : whole.subarray(0, random.below(whole.length));
  const headers = { 'content-type': pickContentType({ port, random }) };
  const ending = random.chance(0.2) ? 'leave' : 'reset';
  return { ...request(method, 'abandoned', { body, headers }), ending };
}

function request(method: DescMethod, kind: Kind, { body, headers }: Pick<RawRequest, 'body' | 'headers'>): BadRequest {
  const path = `/${method.parent.typeName}/${method.name}`;
  const endless = method.name === 'WatchPosts';
  const patient = { 'grpc-timeout': '60S', 'connect-timeout-ms': '60000' };
  return { kind, allowed: allowedOf[kind], path, headers: { ...patient, ...headers }, body, ending: 'end', endless };
}

function pickContentType({ port, random }: Way): string {
  return port === 'edge' && random.chance(0.5) ? 'application/grpc-web+proto' : 'application/grpc';
}

function isReadable({ input }: DescMethod, bytes: Uint8Array): boolean {
  try {
    fromBinary(input, bytes);
    return true;
  } catch {
    return false;
  }
}

function frame(bytes: Uint8Array): Uint8Array {
  const framed = new Uint8Array(5 + bytes.length);
  new DataView(framed.buffer).setUint32(1, bytes.length);
  framed.set(bytes, 5);
  return framed;
}
