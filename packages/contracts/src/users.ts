/** Everything of `tandem.users.v1`. */
export * from './gen/tandem/users/v1/error_reason_pb.js';
export * from './gen/tandem/users/v1/points_service_pb.js';
export * from './gen/tandem/users/v1/session_service_pb.js';
export * from './gen/tandem/users/v1/user_pb.js';
export * from './gen/tandem/users/v1/user_service_pb.js';
