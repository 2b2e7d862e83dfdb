import { Server, ServerCredentials, type UntypedServiceImplementation } from '@grpc/grpc-js';
import { announce } from '../servers/announce.ts';
import { loadService, type ServiceName } from './contract.ts';

/** Serves on a free port and announces it. */
export function serve({
  name,
  services,
}: {
  name: string;
  services: Partial<Record<ServiceName, UntypedServiceImplementation>>;
}): void {
  const server = new Server();
  for (const [service, methods] of Object.entries(services)) {
    server.addService(loadService(service as ServiceName), methods);
  }
  server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
    if (error !== null) throw error;
    announce({ name, port });
  });
}
