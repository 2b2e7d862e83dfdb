import type { MessageInitShape } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import type { PostsClient } from '@tandem/contracts';
import { type PostEvent, PostEventKind, type PostFilterSchema } from '@tandem/contracts/posts';
import { holdsWithin } from '@tandem/dev-stack';

/** Who watches posts for as long as it takes, as the docs say: after each end from the last cursor. */
export interface Follower {
  /** Every event, as `CREATED id etag`. */
  readonly seen: readonly string[];
  /** How often a watch ended and was gone on from. */
  readonly resumed: number;
  /** Resolves with the first message. */
  readonly begun: Promise<void>;
  stop(): Promise<void>;
}

/**
 * @param connect gives the client for each watch
 * @throws by `stop`, what a watch ended with other than UNAVAILABLE
 */
export function followPosts(
  connect: () => Pick<PostsClient, 'watchPosts'>,
  filter: MessageInitShape<typeof PostFilterSchema> = {},
): Follower {
  const seen: string[] = [];
  const leaver = new AbortController();
  const begun = Promise.withResolvers<void>();
  let [cursor, resumed] = ['', 0];
  const watch = async () => {
    for await (const message of connect().watchPosts({ filter, cursor }, { signal: leaver.signal })) {
      begun.resolve();
      cursor = message.cursor;
      if (message.payload.case === 'event') seen.push(toText(message.payload.value));
    }
  };
  const follow = async () => {
    while (!leaver.signal.aborted) {
      const { code } = await watch().then(
        () => new ConnectError('The watch ended.', Code.Unknown),
        (error) => ConnectError.from(error),
      );
      if (leaver.signal.aborted) return;
      if (code !== Code.Unavailable) throw new Error(`A watch ended with ${Code[code]}.`);
      resumed += 1;
      await holdsWithin(() => leaver.signal.aborted, { timeoutMs: 50 });
    }
  };
  const following = follow();
  following.catch(begun.reject);
  return {
    seen,
    get resumed() {
      return resumed;
    },
    begun: begun.promise,
    async stop() {
      leaver.abort();
      await following;
    },
  };
}

export function toText({ kind, post }: PostEvent): string {
  return `${PostEventKind[kind]} ${post?.id} ${post?.etag}`;
}
