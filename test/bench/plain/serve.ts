import { Server, ServerCredentials, type UntypedServiceImplementation } from '@grpc/grpc-js';
import { announce } from '../servers/announce.ts';
import { loadService } from './contract.ts';

/** Serves users, and points where they are given, on a free port and announces it. */
export function serve({
  name,
  users,
  points,
}: {
  name: string;
  users: UntypedServiceImplementation;
  points?: UntypedServiceImplementation;
}): void {
  const server = new Server();
  server.addService(loadService('tandem.users.v1.UserService'), users);
  if (points !== undefined) server.addService(loadService('tandem.users.v1.PointsService'), points);
  server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
    if (error !== null) throw error;
    announce({ name, port });
  });
}
