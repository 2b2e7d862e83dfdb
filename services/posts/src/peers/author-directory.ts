import type { Call } from '@tandem/rpc';

/** What the directory needs to know of the call that it asks for. */
export type DirectoryCall = Pick<Call, 'requestId' | 'traceparent' | 'deadline' | 'signal'>;

/** Who writes posts, as far as posts are concerned. */
export interface Author {
  readonly isActive: boolean;
  /** The user's message, as the users service gave it; nobody changes it. */
  readonly bytes: Uint8Array;
}

/** Who writes posts, as the users service knows it: never older than a write that it acknowledged before the call. */
export interface AuthorDirectory {
  /**
   * The author, or undefined when there is none.
   *
   * @throws TandemError `PEER_UNAVAILABLE`
   */
  find(id: string, call: DirectoryCall): Promise<Author | undefined>;
  /**
   * By id those that there are, of at most 1000 ids. All of them go by one request, which what else is asked in this turn
   * of the event loop may share, up to 100 ids; it takes no more than a share of the time left.
   *
   * @throws TandemError `PEER_UNAVAILABLE`
   */
  findMany(ids: readonly string[], call: DirectoryCall): Promise<ReadonlyMap<string, Author>>;
}
