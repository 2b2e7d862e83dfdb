import type { handleUnaryCall, ServiceDefinition } from '@grpc/grpc-js';
import { loadFileDescriptorSetFromBuffer } from '@grpc/proto-loader';
import { readImage } from '@tandem/contracts';

/** The options that the proto-loader README and the gRPC guide for Node use. */
const OPTIONS = { keepCase: true, longs: String, enums: String, defaults: true, oneofs: true };

export interface Timestamp {
  seconds: number;
  nanos: number;
}

export interface User {
  id: string;
  email: string;
  name: string;
  is_active: boolean;
  points: string;
  create_time: Timestamp;
  update_time: Timestamp;
  etag: string;
}

export interface GetUserRequest {
  id: string;
  consistency: 'READ_CONSISTENCY_UNSPECIFIED' | 'READ_CONSISTENCY_STRONG' | 'READ_CONSISTENCY_EVENTUAL';
}

export type GetUser = handleUnaryCall<GetUserRequest, { user: User }>;

/** The users service of the contract, loaded as gRPC services for Node usually are. */
export function loadUserService(): ServiceDefinition {
  const name = 'tandem.users.v1.UserService';
  const service = loadFileDescriptorSetFromBuffer(Buffer.from(readImage()), OPTIONS)[name];
  if (service === undefined || 'format' in service) throw new Error(`The contract's image lacks ${name}.`);
  return service as ServiceDefinition;
}
