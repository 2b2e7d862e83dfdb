/** Everything of `tandem.posts.v1`. */
export * from './gen/tandem/posts/v1/author_service_pb.js';
export * from './gen/tandem/posts/v1/error_reason_pb.js';
export * from './gen/tandem/posts/v1/post_pb.js';
export * from './gen/tandem/posts/v1/post_service_pb.js';
export * from './gen/tandem/posts/v1/search_service_pb.js';
