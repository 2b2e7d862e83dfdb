import type { handleClientStreamingCall, handleUnaryCall, ServiceDefinition } from '@grpc/grpc-js';
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

export interface CreateUserRequest {
  email: string;
  name: string;
}

export interface UpdateUserRequest {
  user: { id: string; name: string };
}

export interface TransferPointsRequest {
  from_user_id: string;
  to_user_id: string;
  amount: string;
  reason: string;
  request_id: string;
}

export interface TransferPointsResponse {
  transfer: {
    id: string;
    from_user_id: string;
    to_user_id: string;
    amount: string;
    reason: string;
    kind: 'TRANSFER_KIND_TRANSFER';
    request_id: string;
    create_time: Timestamp;
  };
  from_points: string;
  to_points: string;
}

export interface ImportUsersRequest {
  rows?: { rows: { email: string; name: string; is_active?: boolean }[] };
}

export interface ImportUsersResponse {
  imported: number;
  failed: number;
}

export interface BatchGetUsersResponse {
  users: User[];
  missing_ids: string[];
}

export type BatchGetUsers = handleUnaryCall<{ ids: string[] }, BatchGetUsersResponse>;
export type CreateUser = handleUnaryCall<CreateUserRequest, { user: User }>;
export type UpdateUser = handleUnaryCall<UpdateUserRequest, { user: User }>;
export type TransferPoints = handleUnaryCall<TransferPointsRequest, TransferPointsResponse>;
export type ImportUsers = handleClientStreamingCall<ImportUsersRequest, ImportUsersResponse>;
export type GetUser = handleUnaryCall<GetUserRequest, { user: User }>;

/** What plain serves of the contract. */
export type ServiceName =
  | `tandem.users.v1.${'UserService' | 'PointsService'}`
  | `tandem.posts.v1.${'PostService' | 'SearchService'}`;

/** A service of the contract, loaded as gRPC services for Node usually are. */
export function loadService(name: ServiceName): ServiceDefinition {
  const service = loadFileDescriptorSetFromBuffer(Buffer.from(readImage()), OPTIONS)[name];
  if (service === undefined || 'format' in service) throw new Error(`The contract's image lacks ${name}.`);
  return service as ServiceDefinition;
}
