import type { TransferPointsResponse } from '@tandem/contracts/users';

/** What a transfer is asked for with. */
export interface Order {
  readonly fromUserId: string;
  readonly toUserId: string;
  readonly amount: bigint;
  readonly reason: string;
  readonly requestId: string;
}

/** What became of an order as far as its teller knows. */
export type Outcome =
  | { readonly kind: 'moved'; readonly reply: TransferPointsResponse }
  | { readonly kind: 'refused' }
  | { readonly kind: 'unclear'; readonly reason: string };

/** All that the tellers and the auditors saw. */
export interface Journal {
  readonly orders: { readonly order: Order; readonly outcome: Outcome }[];
  /** Attempts that left open whether the points moved, by reason. */
  readonly unclear: Map<string, number>;
  /** After how long those of them were told OUTCOME_UNKNOWN that had still time to find out, in milliseconds. */
  readonly leftInDoubtMs: number[];
  /** Whole-bank reads that were answered. */
  reads: number;
  /** Orders that were sent again after an answer, and got it again. */
  repeats: number;
}

export function openJournal(): Journal {
  return { orders: [], unclear: new Map(), leftInDoubtMs: [], reads: 0, repeats: 0 };
}
