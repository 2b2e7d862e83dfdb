import { Server, ServerCredentials } from '@grpc/grpc-js';
import { announce } from '../servers/announce.ts';
import { type GetUser, loadUserService } from './contract.ts';

/** Serves the users service on a free port and announces it. */
export function serve({ name, getUser }: { name: string; getUser: GetUser }): void {
  const server = new Server();
  server.addService(loadUserService(), { GetUser: getUser });
  server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
    if (error !== null) throw error;
    announce({ name, port });
  });
}
