import { type Server, ServerCredentials } from '@grpc/grpc-js';
import { formatAddress, type ListenAddress } from './listen-address.ts';

/**
 * Starts to listen without TLS. @returns where it listens
 *
 * @throws Error of grpc-js, which names the system's error code
 */
export function listenGrpc(server: Server, address: ListenAddress): Promise<ListenAddress> {
  return new Promise((resolve, reject) => {
    server.bindAsync(formatAddress(address), ServerCredentials.createInsecure(), (error, port) => {
      if (error) reject(error);
      else resolve({ host: address.host, port });
    });
  });
}

/** Takes no more calls; resolves when those in flight are answered. */
export function drainGrpc(server: Server): Promise<void> {
  return new Promise((resolve) => server.tryShutdown(() => resolve()));
}
