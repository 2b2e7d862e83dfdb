import type { ServerResponse } from 'node:http';
import type { ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import type { EdgeRequest, EdgeResponse } from './connect-listener.ts';

interface Connection {
  /** HTTP/1.1 responses that are not out yet; HTTP/2 keeps count itself. */
  readonly responses: Set<ServerResponse>;
  isHttp2: boolean;
}

/**
 * How long a kept HTTP/1.1 connection may wait for a last request once the drain begins. HTTP/1.1 has no way to announce
 * the end but a response, and a request that meets a closed socket fails in a way that its sender must not retry.
 */
const lingerMs = 250;

/** The connections of an edge: each can be closed after its last answer, or all at once. */
export class ConnectionSet implements AsyncDisposable {
  readonly #connections = new Map<Socket, Connection>();
  readonly #sessions = new Set<ServerHttp2Session>();
  readonly #empty = Promise.withResolvers<void>();
  #draining = false;
  #lingering = true;

  /** Until it is marked as HTTP/2, a connection is taken for HTTP/1.1. */
  add(socket: Socket): void {
    this.#connections.set(socket, { responses: new Set(), isHttp2: false });
    socket.once('close', () => {
      this.#connections.delete(socket);
      this.#settle();
    });
    if (!this.#lingering) socket.destroy();
  }

  markHttp2(socket: Socket): void {
    const connection = this.#connections.get(socket);
    if (connection) connection.isHttp2 = true;
  }

  addSession(session: ServerHttp2Session): void {
    this.#sessions.add(session);
    session.once('close', () => this.#sessions.delete(session));
    if (this.#draining) session.close();
  }

  /** Counts a request until its response is out. */
  addRequest(request: EdgeRequest, response: EdgeResponse): void {
    if ('stream' in response) return;
    const { socket } = request;
    const connection = this.#connections.get(socket);
    if (!connection) return;
    connection.responses.add(response);
    if (this.#draining) endAfter(response);
    response.once('close', () => {
      connection.responses.delete(response);
      if (!this.#lingering && connection.responses.size === 0) socket.destroySoon();
    });
  }

  /** Closes each connection after its last answer, an idle one after a moment; resolves when all are gone. */
  async drain(): Promise<void> {
    this.#draining = true;
    for (const session of this.#sessions) session.close();
    for (const { responses } of this.#connections.values()) for (const response of responses) endAfter(response);
    this.#settle();
    const timer = setTimeout(() => this.#endLinger(), lingerMs);
    await this.#empty.promise;
    clearTimeout(timer);
  }

  #endLinger(): void {
    this.#lingering = false;
    for (const [socket, { responses, isHttp2 }] of this.#connections) {
      if (!isHttp2 && responses.size === 0) socket.destroy();
    }
  }

  /** Ends them all at once. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#draining = true;
    this.#lingering = false;
    for (const session of this.#sessions) session.destroy();
    for (const socket of this.#connections.keys()) socket.destroy();
    this.#settle();
    await this.#empty.promise;
  }

  #settle(): void {
    if (this.#draining && this.#connections.size === 0) this.#empty.resolve();
  }
}

/** Has Node close the connection after this response, and say so in it, if its headers are not out yet. */
function endAfter(response: ServerResponse): void {
  response.shouldKeepAlive = false;
}
