/** The two services. */
export type ServiceName = 'users' | 'posts';

/** Where each serves gRPC unless it is told otherwise. */
export const defaultTargets: Record<ServiceName, string> = { users: '127.0.0.1:50051', posts: '127.0.0.1:50052' };
