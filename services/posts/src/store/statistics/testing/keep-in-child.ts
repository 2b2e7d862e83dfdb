import { createLogger } from '@tandem/rpc';
import { MongoClient } from 'mongodb';
import { keepStatistics } from '../keep-statistics.ts';

/** A process that counts until it is killed; its argument is the database's URL. */
const client = new MongoClient(process.argv[2] ?? '');
keepStatistics(client, {
  holder: String(process.pid),
  leaseMs: 1_000,
  log: createLogger({ name: 'keeper' }),
});
process.send?.('started');
process.on('disconnect', () => process.exit());
