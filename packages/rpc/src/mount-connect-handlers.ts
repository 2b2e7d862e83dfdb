import type { DescMethod, DescService } from '@bufbuild/protobuf';
import type { HandlerContext, ServiceImpl } from '@connectrpc/connect';
import { TandemError } from './errors.ts';
import { unreadable } from './failure.ts';
import type { Mounted, MountedService, Receive, Reply } from './mounted.ts';
import { toConnectError, toStatus } from './status.ts';
import { UnreadableError } from './unreadable-error.ts';

/**
 * Mounts handlers of Connect's own signature, past any pipeline: what protocols bring with them (health, reflection)
 * and what suites drive. A method without a handler is left out.
 *
 * @param domain the error domain, as `users.tandem`; a suite has none
 */
export function mountConnectHandlers<S extends DescService>(
  service: S,
  impl: Partial<ServiceImpl<S>>,
  { domain = '' }: { domain?: string } = {},
): MountedService {
  const functions = impl as Record<string, ConnectHandler | undefined>;
  const methods = service.methods.flatMap((method) => {
    const handler = functions[method.localName];
    return handler ? [mountMethod(method, handler.bind(impl), domain)] : [];
  });
  return { service, methods };
}

type ConnectHandler = (requests: unknown, context: HandlerContext) => unknown;

function mountMethod(method: DescMethod, handler: ConnectHandler, domain: string): Mounted {
  const read = (receive: Receive) => readIn(domain, receive);
  async function* readAll(receives: AsyncIterable<Receive>) {
    for await (const receive of receives) yield read(receive);
  }
  switch (method.methodKind) {
    case 'unary':
      return { kind: 'unary', method, run: async (receive, context) => handler(read(receive), context) as Reply };
    case 'client_streaming':
      return { kind: 'client_streaming', method, run: async (all, context) => handler(readAll(all), context) as Reply };
    case 'server_streaming':
      return { kind: 'server_streaming', method, run: (receive, context) => replies(handler, read(receive), context) };
    case 'bidi_streaming':
      return { kind: 'bidi_streaming', method, run: (all, context) => replies(handler, readAll(all), context) };
  }
}

function replies(handler: ConnectHandler, request: unknown, context: HandlerContext): AsyncIterable<Reply> {
  return handler(request, context) as AsyncIterable<Reply>;
}

function readIn(domain: string, receive: Receive) {
  try {
    return receive();
  } catch (error) {
    const refusal = error instanceof UnreadableError ? unreadable(error) : error;
    throw refusal instanceof TandemError ? toConnectError(toStatus(refusal, domain)) : refusal;
  }
}
