import { createServer, type Server, type Socket } from 'node:net';

/** Who takes a plain connection once its first bytes are known. */
export interface Protocols {
  http1(socket: Socket): void;
  http2(socket: Socket): void;
  /** How long a connection may take to say what it speaks. Default 10,000. */
  readonly sniffTimeoutMs?: number;
}

/** What every HTTP/2 connection without TLS begins with (RFC 9113, 3.4). */
const preface = Buffer.from('PRI * HTTP/2.0');

/** A server that tells HTTP/2 without TLS from HTTP/1.1 by the connection's first bytes. */
export function splitProtocols({ http1, http2, sniffTimeoutMs = 10_000 }: Protocols): Server {
  return createServer((socket) => {
    socket.on('error', () => socket.destroy());
    const timer = setTimeout(() => socket.destroy(), sniffTimeoutMs).unref();
    socket.once('close', () => clearTimeout(timer));
    sniff(socket, (isHttp2) => {
      clearTimeout(timer);
      if (isHttp2) http2(socket);
      else http1(socket);
    });
  });
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
