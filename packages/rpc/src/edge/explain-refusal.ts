import type { UniversalHandler, UniversalServerRequest, UniversalServerResponse } from '@connectrpc/connect/protocol';

const METHOD_NOT_ALLOWED = 405;
const UNSUPPORTED_MEDIA_TYPE = 415;

/**
 * Gives Connect's bare 405 and 415 what a person needs: a body in the form of Connect's errors, with the code that its
 * specification gives these statuses, and the header of RFC 9110 that names what is taken. Clients of gRPC and gRPC-Web go by the status alone, and get it as it is.
 */
export function explainRefusal(
  reply: UniversalServerResponse,
  request: UniversalServerRequest,
  { method: { methodKind }, allowedMethods }: UniversalHandler,
): UniversalServerResponse {
  const given = request.header.get('content-type') ?? '';
  if (reply.body !== undefined || given.startsWith('application/grpc')) return reply;
  const types = methodKind === 'unary' ? ['json', 'proto'] : ['connect+json', 'connect+proto'];
  const accepted = types.map((type) => `application/${type}`);
  const advice = `POST with content-type ${accepted.join(' or ')}`;
  if (reply.status === METHOD_NOT_ALLOWED) {
    return explain(reply, `${request.method} does not call this method: ${advice}`, ['allow', allowedMethods]);
  }
  if (reply.status === UNSUPPORTED_MEDIA_TYPE) {
    const what = given === '' ? 'The request names no content-type' : 'The content-type is not one of this method';
    return explain(reply, `${what}: ${advice}`, ['accept-post', accepted]);
  }
  return reply;
}

function explain(
  reply: UniversalServerResponse,
  message: string,
  [name, values]: [string, readonly string[]],
): UniversalServerResponse {
  // With its charset: who sent no content-type of Connect's is not to take this for an error of Connect's.
  const header = new Headers({ 'content-type': 'application/json; charset=utf-8', [name]: values.join(', ') });
  const body = new TextEncoder().encode(JSON.stringify({ code: 'unknown', message }));
  return { ...reply, header, body: once(body) };
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}
