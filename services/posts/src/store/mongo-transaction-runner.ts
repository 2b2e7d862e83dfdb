import type { ClientSession } from 'mongodb';
import type { StoreCall } from './store.ts';

/** Runs work in a transaction of its own, again where it met another one. */
export type TransactionRunner = <T>(call: StoreCall, work: (session: ClientSession) => Promise<T>) => Promise<T>;
