import { credentials, makeGenericClientConstructor } from '@grpc/grpc-js';
import { type BatchGetUsersResponse, loadService, type User } from './contract.ts';

type Callback = (error: Error | null, reply: BatchGetUsersResponse) => void;
type BatchGetUsers = (request: { ids: string[] }, callback: Callback) => void;

export interface UsersClient {
  batchGetUsers(ids: string[]): Promise<User[]>;
}

export function createUsersClient(target: string): UsersClient {
  const Client = makeGenericClientConstructor(loadService('tandem.users.v1.UserService'), 'UserService');
  const client = new Client(target, credentials.createInsecure());
  const call = client.BatchGetUsers?.bind(client) as BatchGetUsers;
  return {
    batchGetUsers: (ids) =>
      new Promise((resolve, reject) =>
        call({ ids }, (error, reply) => (error === null ? resolve(reply.users) : reject(error))),
      ),
  };
}
