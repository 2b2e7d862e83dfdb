import { once } from 'node:events';
import { type ClientHttp2Session, connect } from 'node:http2';

/** A connection to a gRPC port, for `callUnary`. */
export async function openSession(port: number): Promise<ClientHttp2Session> {
  const session = connect(`http://127.0.0.1:${port}`);
  await once(session, 'connect');
  // A connection that breaks ends its calls, and they say so.
  session.on('error', () => {});
  return session;
}

/** The headers of a call, name and value in turn. @param path `/package.Service/Method` */
export function listHeaders({ path, port }: { path: string; port: number }): string[] {
  const authority = `127.0.0.1:${port}`;
  return [':method', 'POST', ':scheme', 'http', ':authority', authority, ':path', path].concat([
    'content-type',
    'application/grpc',
    'te',
    'trailers',
  ]);
}
