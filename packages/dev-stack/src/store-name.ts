/** The stores of a stack. */
export type StoreName = 'postgres' | 'mongodb' | 'redis';

/** All stores, in the order in which they are told about. */
export const STORE_NAMES: readonly StoreName[] = ['postgres', 'mongodb', 'redis'];

/** What a person calls each store. */
export const TITLES: Record<StoreName, string> = { postgres: 'PostgreSQL', mongodb: 'MongoDB', redis: 'Redis' };
