import type { UsersMigration } from '../migration.ts';
import * as users from './202611250900-users.ts';
import * as idempotencyRecords from './202611250901-idempotency-records.ts';
import * as serviceSecrets from './202611250902-service-secrets.ts';
import * as systemAccount from './202611250903-system-account.ts';
import * as pointsTransfers from './202611260900-points-transfers.ts';
import * as sessions from './202611260910-sessions.ts';
import * as usersSearch from './202611260920-users-search.ts';
import * as usersEmailOrder from './202611260921-users-email-order.ts';
import * as usersSessionsEpoch from './202611260930-users-sessions-epoch.ts';
import * as jobs from './202611301100-jobs.ts';
import * as jobQueues from './202611301101-job-queues.ts';
import * as pendingUsers from './202611301110-pending-users.ts';
import * as cacheInvalidations from './202611301200-cache-invalidations.ts';
import * as sessionsRevoked from './202611301210-sessions-revoked.ts';
import * as usersSearchTextGiven from './202611301830-users-search-text-given.ts';

/** Every migration of the users database, oldest first: `{ name: 'YYYYMMDDHHMM-what', ...what }`. */
export const usersMigrations: readonly UsersMigration[] = [
  { name: '202611250900-users', ...users },
  { name: '202611250901-idempotency-records', ...idempotencyRecords },
  { name: '202611250902-service-secrets', ...serviceSecrets },
  { name: '202611250903-system-account', ...systemAccount },
  { name: '202611260900-points-transfers', ...pointsTransfers },
  { name: '202611260910-sessions', ...sessions },
  { name: '202611260920-users-search', ...usersSearch },
  { name: '202611260921-users-email-order', ...usersEmailOrder },
  { name: '202611260930-users-sessions-epoch', ...usersSessionsEpoch },
  { name: '202611301100-jobs', ...jobs },
  { name: '202611301101-job-queues', ...jobQueues },
  { name: '202611301110-pending-users', ...pendingUsers },
  { name: '202611301200-cache-invalidations', ...cacheInvalidations },
  { name: '202611301210-sessions-revoked', ...sessionsRevoked },
  { name: '202611301830-users-search-text-given', ...usersSearchTextGiven },
];
