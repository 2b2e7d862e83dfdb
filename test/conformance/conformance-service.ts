import { setTimeout as sleep } from 'node:timers/promises';
import type { FileRegistry, Message } from '@bufbuild/protobuf';
import { type Any, anyPack } from '@bufbuild/protobuf/wkt';
import { ConnectError, type HandlerContext, type ServiceImpl } from '@connectrpc/connect';
import { mountConnectHandlers } from '../../packages/rpc/src/mount-connect-handlers.ts';
import type { MountedService } from '../../packages/rpc/src/mounted.ts';
import { requireMessage, requireService } from './descriptors.ts';

interface Header {
  readonly name: string;
  readonly value: readonly string[];
}

interface ErrorDefinition {
  readonly code: number;
  readonly message?: string;
  readonly details: readonly Any[];
}

interface Definition {
  readonly responseHeaders: readonly Header[];
  readonly responseTrailers: readonly Header[];
  readonly responseDelayMs: number;
}

interface UnaryDefinition extends Definition {
  readonly response:
    | { case: 'responseData'; value: Uint8Array }
    | { case: 'error'; value: ErrorDefinition }
    | { case: undefined };
}

interface StreamDefinition extends Definition {
  readonly responseData: readonly Uint8Array[];
  readonly error?: ErrorDefinition;
}

type UnaryRequest = Message & { readonly responseDefinition?: UnaryDefinition };
type StreamRequest = Message & { readonly responseDefinition?: StreamDefinition; readonly fullDuplex?: boolean };

const packageName = 'connectrpc.conformance.v1';

/**
 * `ConformanceService` as docs/testing_servers.md of the suite asks for it: answers what a request defines, and echoes
 * what the server saw of the call. `Unimplemented` is left out on purpose.
 */
export function createConformanceService(registry: FileRegistry): MountedService {
  const service = requireService(registry, `${packageName}.ConformanceService`);
  const requestInfo = requireMessage(registry, `${packageName}.ConformancePayload.RequestInfo`);

  function describe(context: HandlerContext, requests: readonly Message[]) {
    const timeoutMs = context.timeoutMs();
    return {
      requestHeaders: toHeaderList(context.requestHeader),
      ...(timeoutMs === undefined ? {} : { timeoutMs: BigInt(Math.trunc(timeoutMs)) }),
      requests: requests.map((request) => anyPack(requireMessage(registry, request.$typeName), request)),
      ...(context.requestMethod === 'GET' ? { connectGetInfo: { queryParams: toQueryList(context.url) } } : {}),
    };
  }

  type RequestInfo = ReturnType<typeof describe>;

  function toError({ code, message, details }: ErrorDefinition, info?: RequestInfo): ConnectError {
    const error = new ConnectError(message ?? '', code);
    error.details = details.map(({ typeUrl, value }) => ({ type: typeUrl.slice(typeUrl.lastIndexOf('/') + 1), value }));
    if (info) error.details.push({ desc: requestInfo, value: info });
    return error;
  }

  async function answerUnary(requests: readonly UnaryRequest[], context: HandlerContext) {
    const definition = requests[0]?.responseDefinition;
    const info = describe(context, requests);
    if (!definition) return { payload: { requestInfo: info } };
    setHeaders(definition, context);
    await sleep(definition.responseDelayMs);
    const { response } = definition;
    if (response.case === 'error') throw toError(response.value, info);
    return { payload: { requestInfo: info, ...(response.case ? { data: response.value } : {}) } };
  }

  async function* answerStream(requests: readonly StreamRequest[], context: HandlerContext) {
    const definition = requests[0]?.responseDefinition;
    if (!definition) return;
    setHeaders(definition, context);
    let info: RequestInfo | undefined = describe(context, requests);
    for (const data of definition.responseData) {
      await sleep(definition.responseDelayMs);
      yield { payload: { data, ...(info ? { requestInfo: info } : {}) } };
      info = undefined;
    }
    if (definition.error) throw toError(definition.error, info);
  }

  /** One reply for each request as it comes, while the first request's definition has some. */
  async function* answerInTurn(first: StreamRequest, rest: AsyncIterator<StreamRequest>, context: HandlerContext) {
    const definition = first.responseDefinition;
    if (!definition) return;
    setHeaders(definition, context);
    let request: StreamRequest | undefined = first;
    let sent = 0;
    for (; request; request = await nextOf(rest)) {
      const data = definition.responseData[sent];
      if (data === undefined) break;
      const info = sent === 0 ? describe(context, [request]) : { requests: describe(context, [request]).requests };
      await sleep(definition.responseDelayMs);
      yield { payload: { data, requestInfo: info } };
      sent++;
    }
    if (definition.error) throw toError(definition.error, sent === 0 ? describe(context, [first]) : undefined);
  }

  const handlers = {
    unary: (request: UnaryRequest, context: HandlerContext) => answerUnary([request], context),
    idempotentUnary: (request: UnaryRequest, context: HandlerContext) => answerUnary([request], context),
    clientStream: async (requests: AsyncIterable<UnaryRequest>, context: HandlerContext) =>
      answerUnary(await restOf(requests[Symbol.asyncIterator]()), context),
    serverStream: (request: StreamRequest, context: HandlerContext) => answerStream([request], context),
    async *bidiStream(requests: AsyncIterable<StreamRequest>, context: HandlerContext) {
      const iterator = requests[Symbol.asyncIterator]();
      const first = await nextOf(iterator);
      if (first?.fullDuplex) yield* answerInTurn(first, iterator, context);
      else if (first) yield* answerStream([first, ...(await restOf(iterator))], context);
    },
  };
  return mountConnectHandlers(service, handlers as unknown as Partial<ServiceImpl<typeof service>>);
}

function setHeaders({ responseHeaders, responseTrailers }: Definition, context: HandlerContext): void {
  for (const { name, value } of responseHeaders) for (const one of value) context.responseHeader.append(name, one);
  for (const { name, value } of responseTrailers) for (const one of value) context.responseTrailer.append(name, one);
}

function toHeaderList(headers: Headers): Header[] {
  return [...headers].map(([name, value]) => ({ name, value: value.split(',').map((one) => one.trim()) }));
}

function toQueryList(url: string): Header[] {
  return [...new URL(url).searchParams].map(([name, value]) => ({ name, value: [value] }));
}

async function nextOf<T>(iterator: AsyncIterator<T>): Promise<T | undefined> {
  const { done, value } = await iterator.next();
  return done ? undefined : value;
}

async function restOf<T>(iterator: AsyncIterator<T>): Promise<T[]> {
  const rest: T[] = [];
  for (let next = await nextOf(iterator); next !== undefined; next = await nextOf(iterator)) rest.push(next);
  return rest;
}
