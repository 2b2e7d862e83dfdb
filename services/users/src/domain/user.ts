/** Microseconds since 1970-01-01T00:00:00Z: the exactness that users' times are kept to. */
export type TimeMicros = bigint;

/** A person, as every reader of the store sees one. */
export interface User {
  /** A UUID in lower case. */
  readonly id: string;
  /** In the case it came in. */
  readonly email: string;
  readonly name: string;
  readonly isActive: boolean;
  readonly points: bigint;
  readonly createTime: TimeMicros;
  readonly updateTime: TimeMicros;
  /** Raised by each change but movements of points; the etag. */
  readonly version: bigint;
}

/** What a creation gives; the rest the store sets. */
export interface NewUser {
  readonly id: string;
  /** Whether the caller chose the id, so that it may be a deleted user's. */
  readonly idIsChosen: boolean;
  readonly email: string;
  readonly name: string;
  /** In PHC form; null: the user cannot log in until a password is set. */
  readonly passwordHash: string | null;
}

/** What an update changes; what is left out stays. */
export interface UserChanges {
  readonly email?: string | undefined;
  readonly name?: string | undefined;
  readonly isActive?: boolean | undefined;
}

/** The user as changed, its version and times aside; the same object where nothing changes. */
export function changeUser(user: User, { email, name, isActive }: UserChanges): User {
  const changed = {
    ...user,
    email: email ?? user.email,
    name: name ?? user.name,
    isActive: isActive ?? user.isActive,
  };
  const isSame = changed.email === user.email && changed.name === user.name && changed.isActive === user.isActive;
  return isSame ? user : changed;
}

/** Which users. All given parts must hold. */
export interface UserFilter {
  readonly isActive?: boolean | undefined;
  /** At this instant or later. */
  readonly createdAfter?: TimeMicros | undefined;
  /** Before this instant. */
  readonly createdBefore?: TimeMicros | undefined;
  /** Compared under folding; empty: any name. */
  readonly namePrefix?: string | undefined;
}

/** What users may be ordered by; the id breaks ties, in the same direction. */
export const userOrderFields = ['create_time', 'update_time', 'name', 'email', 'points'] as const;
export type UserOrderField = (typeof userOrderFields)[number];

/** An order of users. */
export interface UserOrder {
  readonly field: UserOrderField;
  readonly descending: boolean;
}

/** The place of a user in an order: the key's text as the store gave it, and the id. */
export interface UserPosition {
  readonly key: string;
  readonly id: string;
}
