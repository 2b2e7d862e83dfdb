import type { Socket } from 'node:net';

/** Who takes a connection once its first bytes are known, and how long these may take. */
export interface Protocols {
  http1(socket: Socket): void;
  http2(socket: Socket): void;
  /** How long a connection may say nothing, in milliseconds: callers open some for later. */
  readonly idleMaxMs: number;
  /** How long it may take to say what it speaks once it has begun, in milliseconds. */
  readonly sniffMaxMs: number;
}

/** What every HTTP/2 connection begins with (RFC 9113, 3.4). */
const preface = Buffer.from('PRI * HTTP/2.0');

/** Takes new connections, and tells HTTP/2 from HTTP/1.1 by what they begin with. */
export function splitProtocols({ http1, http2, idleMaxMs, sniffMaxMs }: Protocols): (socket: Socket) => void {
  return (socket) => {
    const destroy = () => void socket.destroy();
    socket.on('error', destroy);
    let timer = setTimeout(destroy, idleMaxMs).unref();
    socket.once('readable', () => {
      clearTimeout(timer);
      timer = setTimeout(destroy, sniffMaxMs).unref();
    });
    socket.once('close', () => clearTimeout(timer));
    sniff(socket, (isHttp2) => {
      clearTimeout(timer);
      if (isHttp2) http2(socket);
      else http1(socket);
    });
  };
}

function sniff(socket: Socket, decide: (isHttp2: boolean) => void): void {
  let head = Buffer.alloc(0);
  const onReadable = () => {
    const chunk: Buffer | null = socket.read();
    if (chunk) head = Buffer.concat([head, chunk]);
    if (head.length === 0) return;
    const compared = Math.min(head.length, preface.length);
    const matches = head.subarray(0, compared).equals(preface.subarray(0, compared));
    // The preface may come in pieces, and so may POST.
    if (matches && compared < preface.length && !socket.readableEnded) return;
    socket.off('readable', onReadable);
    // Only now, and once: this makes the socket readable again.
    socket.unshift(head);
    decide(matches && compared === preface.length);
  };
  socket.on('readable', onReadable);
}
