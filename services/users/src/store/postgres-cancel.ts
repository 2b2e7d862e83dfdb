import { createConnection } from 'node:net';
import type { PostgresConnection } from './postgres-connection.ts';

const cancelRequestCode = 80877102;
const timeoutMs = 1_000;

/**
 * Asks the server to end what runs on a connection; resolves when the server has passed it on, or could not be asked.
 * Await it before the connection is used again: a late one hits the next statement.
 *
 * Message: PostgreSQL documentation, "Message Formats", CancelRequest.
 */
export function sendCancelRequest(connection: PostgresConnection): Promise<void> {
  return new Promise((resolve) => {
    const socket = createConnection(toAddress(connection), () => socket.end(encodeCancelRequest(connection)));
    socket.setTimeout(timeoutMs, () => socket.destroy());
    socket.on('error', () => socket.destroy());
    socket.on('close', () => resolve());
    // The close is only seen by who reads.
    socket.resume();
  });
}

function encodeCancelRequest({ processID, secretKey }: PostgresConnection): Buffer {
  const message = Buffer.alloc(16);
  message.writeInt32BE(16, 0);
  message.writeInt32BE(cancelRequestCode, 4);
  message.writeInt32BE(processID, 8);
  message.writeInt32BE(secretKey, 12);
  return message;
}

function toAddress({ host, port }: PostgresConnection): { host: string; port: number } | { path: string } {
  return host.startsWith('/') ? { path: `${host}/.s.PGSQL.${port}` } : { host, port };
}
