import type { HandlerContext } from '@connectrpc/connect';

/** What a context may offer beside `Headers`, which cost more than all else that the pipeline does. */
export interface HeaderAccess {
  readHeader(name: string): string | undefined;
  setHeader(name: string, value: string): void;
}

/** The cheap access of a context that has it, else the same over its `Headers`. */
export function headerAccess(context: HandlerContext): HeaderAccess {
  if (hasHeaderAccess(context)) return context;
  return {
    readHeader: (name) => context.requestHeader.get(name) ?? undefined,
    setHeader: (name, value) => context.responseHeader.set(name, value),
  };
}

function hasHeaderAccess(context: HandlerContext): context is HandlerContext & HeaderAccess {
  return 'readHeader' in context && 'setHeader' in context;
}
