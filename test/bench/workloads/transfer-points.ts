import { randomUUID } from 'node:crypto';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { TransferPointsRequestSchema, TransferPointsResponseSchema } from '@tandem/contracts/users';
import { plain, tandemUsers } from '../servers/programs.ts';
import type { BenchStores } from '../stores/bench-stores.ts';
import { useDatabase } from '../stores/use-database.ts';
import { nameUser } from '../stores/user-id.ts';
import type { CheckWindow, LoadRequest, RequestSource, Workload } from '../workload.ts';

/** More than a window takes: a request_id that came round again would move nothing. */
const REQUESTS = 50_000;

/** Ten accounts: every call waits for others. */
export const transferAmongTen = transferAmong({ name: 'TransferPoints 10', chooseAccounts: () => 10 });

/** As many as there are users: hardly any call waits for another. */
export const transferAmongAll = transferAmong({ name: 'TransferPoints all', chooseAccounts: (users) => users });

function transferAmong({
  name,
  chooseAccounts,
}: {
  name: string;
  chooseAccounts: (users: number) => number;
}): Workload {
  return {
    name,
    notes: [
      `${name}: one point between two of ${name.endsWith('10') ? 'ten accounts' : 'all accounts'}, both rows locked in the order of ids, and a row in the ledger. ` +
        'After each window the ledger has one row for each answer, and the sum of all points is what it was.',
    ],
    path: '/tandem.users.v1.PointsService/TransferPoints',
    ours: tandemUsers,
    peers: { plain },
    inFlightPerConnection: 2,
    limits: [],
    makeRequests: ({ users, random }) => {
      const accounts = chooseAccounts(users);
      return Array.from({ length: REQUESTS }, () => makeRequest(chooseTwo({ users: accounts, random })));
    },
    prepareWindow: watchPoints,
  };
}

function chooseTwo({ users, random }: Pick<RequestSource, 'users' | 'random'>): { from: number; to: number } {
  const from = Math.floor(random() * users);
  const to = (from + 1 + Math.floor(random() * (users - 1))) % users;
  return { from: from + 1, to: to + 1 };
}

function makeRequest({ from, to }: { from: number; to: number }): LoadRequest {
  const [fromUserId, toUserId, requestId] = [nameUser(from), nameUser(to), randomUUID()];
  const request = create(TransferPointsRequestSchema, { fromUserId, toUserId, amount: 1n, reason: 'bench', requestId });
  return {
    message: toBinary(TransferPointsRequestSchema, request),
    findFault(reply) {
      const { transfer } = fromBinary(TransferPointsResponseSchema, reply);
      return transfer?.requestId === requestId ? undefined : `asked by ${requestId}, got ${transfer?.requestId}`;
    },
  };
}

async function watchPoints({ usersDatabaseUrl }: BenchStores): Promise<CheckWindow> {
  const before = await readPoints(usersDatabaseUrl);
  return async ({ answered }) => {
    const { sum, movements } = await readPoints(usersDatabaseUrl);
    const made = movements - before.movements;
    if (sum === before.sum && made === answered) return;
    throw new Error(`${answered} transfers were answered, ${made} made; ${before.sum} points became ${sum}.`);
  };
}

function readPoints(url: string): Promise<{ sum: string; movements: number }> {
  return useDatabase(url, async (client) => {
    const { rows } = await client.query<{ sum: string; movements: number }>(
      `SELECT (SELECT sum(points)::text FROM users) AS sum,
         (SELECT count(*)::integer FROM points_transfers) AS movements`,
    );
    const [row] = rows;
    if (row === undefined) throw new Error('An aggregate gave no row.');
    return row;
  });
}
