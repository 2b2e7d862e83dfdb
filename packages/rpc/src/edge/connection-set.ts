import type { ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import type { EdgeRequest, EdgeResponse } from './connect-listener.ts';

interface Connection {
  /** HTTP/1.1 responses that are not out yet; HTTP/2 counts for itself. */
  inFlight: number;
  isHttp2: boolean;
}

/** The connections of an edge: each can be closed after its last answer, or all at once. */
export class ConnectionSet implements AsyncDisposable {
  readonly #connections = new Map<Socket, Connection>();
  readonly #sessions = new Set<ServerHttp2Session>();
  readonly #empty = Promise.withResolvers<void>();
  #draining = false;

  add(socket: Socket, { isHttp2 }: { isHttp2: boolean }): void {
    this.#connections.set(socket, { inFlight: 0, isHttp2 });
    socket.once('close', () => {
      this.#connections.delete(socket);
      this.#settle();
    });
    if (this.#draining) socket.destroy();
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
    connection.inFlight++;
    if (this.#draining) response.shouldKeepAlive = false;
    response.once('close', () => {
      connection.inFlight--;
      if (this.#draining && connection.inFlight === 0) socket.destroySoon();
    });
  }

  /** Closes each connection once it has nothing in flight; resolves when all are gone. */
  async drain(): Promise<void> {
    this.#draining = true;
    for (const session of this.#sessions) session.close();
    for (const [socket, { inFlight, isHttp2 }] of this.#connections) if (!isHttp2 && inFlight === 0) socket.destroy();
    this.#settle();
    await this.#empty.promise;
  }

  /** Ends them all at once. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#draining = true;
    for (const session of this.#sessions) session.destroy();
    for (const socket of this.#connections.keys()) socket.destroy();
    this.#settle();
    await this.#empty.promise;
  }

  #settle(): void {
    if (this.#draining && this.#connections.size === 0) this.#empty.resolve();
  }
}
