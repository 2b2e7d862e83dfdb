import type { User } from '@tandem/contracts/users';
import type { Call } from '@tandem/rpc';

/** What the directory needs to know of the call that it asks for. */
export type DirectoryCall = Pick<Call, 'requestId' | 'traceparent' | 'deadline' | 'signal'>;

/** Who writes posts, as the users service knows it: never older than a write that it acknowledged before the call. */
export interface AuthorDirectory {
  /**
   * The user, or undefined when there is none. What is asked in one turn of the event loop goes as one request.
   *
   * @throws TandemError `PEER_UNAVAILABLE`
   */
  find(id: string, call: DirectoryCall): Promise<User | undefined>;
  /**
   * Those that there are, of at most 1000 ids, by one request; it takes no more than a share of the time left.
   *
   * @throws TandemError `PEER_UNAVAILABLE`
   */
  findMany(ids: readonly string[], call: DirectoryCall): Promise<ReadonlyMap<string, User>>;
}
