/** What the wire needs beside the contract: google.rpc errors, gRPC health and reflection. */
export * from './gen/google/rpc/error_details_pb.js';
export * from './gen/google/rpc/status_pb.js';
export * from './gen/grpc/health/v1/health_pb.js';
export * from './gen/grpc/reflection/v1/reflection_pb.js';
