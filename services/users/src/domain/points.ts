import type { TimeMicros } from './user.ts';

/** Where granted points come from, and taken ones go. It is no user, and its balance is what the ledger sums up to. */
export const systemAccountId = '00000000-0000-7000-8000-000000000000';

/** A movement of points, as the ledger has it for ever, whatever becomes of the users. */
export interface Transfer {
  /** A UUID in lower case. */
  readonly id: string;
  readonly fromUserId: string;
  readonly toUserId: string;
  /** Above 0. */
  readonly amount: bigint;
  readonly reason: string;
  readonly requestId: string;
  readonly createTime: TimeMicros;
}

/** Whether points came out of the system account, or went into it. */
export function isGrant({ fromUserId, toUserId }: Transfer): boolean {
  return fromUserId === systemAccountId || toUserId === systemAccountId;
}

/** What a movement begins with; the rest the store sets. */
export interface NewTransfer {
  readonly id: string;
  /** Undefined: the system account. At most one side is. */
  readonly fromUserId: string | undefined;
  readonly toUserId: string | undefined;
  /** Above 0; may be beyond what any balance can hold. */
  readonly amount: bigint;
  readonly reason: string;
  /** Who asks, and under which id: once over all movements. */
  readonly caller: string;
  readonly requestId: string;
}

/** A movement that was made. */
export interface Movement {
  readonly transfer: Transfer;
  /** The balances after it; undefined for the system account. */
  readonly fromPoints: bigint | undefined;
  readonly toPoints: bigint | undefined;
}

/** Which movements. All given parts must hold. */
export interface TransferFilter {
  /** To or from this user. */
  readonly userId?: string | undefined;
  /** Only to (`in`) or only from (`out`) the user; needs `userId`. */
  readonly direction?: 'in' | 'out' | undefined;
  /** At this instant or later. */
  readonly createdAfter?: TimeMicros | undefined;
  /** Before this instant. */
  readonly createdBefore?: TimeMicros | undefined;
}

/** The place of a movement in the ledger; the time as the store's text. */
export interface TransferPosition {
  readonly time: string;
  readonly id: string;
}
