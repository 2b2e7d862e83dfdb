/** Everything of `tandem.options.v1`: method policies and read consistency. */
export * from './gen/tandem/options/v1/consistency_pb.js';
export * from './gen/tandem/options/v1/policy_pb.js';
