import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ServiceAddresses } from './dev-service.ts';

/** What the banner tells of. */
export interface BannerFacts {
  readonly users: ServiceAddresses;
  readonly posts: ServiceAddresses;
  /** Where the stores are, by the variables that other commands read. */
  readonly stores: Readonly<Record<string, string>>;
  /** The folder of the repository. */
  readonly root: string;
}

const ADA = '{"email":"ada@example.com","name":"Ada Lovelace"}';
const BOB = '{"email":"bob@example.com","name":"Bob Kahn"}';
const CREATE_USER = 'tandem.users.v1.UserService/CreateUser';

/** Ports, and commands to paste. */
export function writeBanner({ users, posts, stores, root }: BannerFacts): string {
  return [
    '',
    `  Tandem is up     gRPC               JSON, Connect, gRPC-Web, /metrics`,
    `  users            ${users.grpc.padEnd(19)}http://${users.edge}`,
    `  posts            ${posts.grpc.padEnd(19)}http://${posts.edge}`,
    '',
    '  Try:',
    `    grpcurl -plaintext ${users.grpc} list`,
    `    grpcurl -plaintext -d '${ADA}' ${users.grpc} ${CREATE_USER}`,
    `    curl -s -H 'content-type: application/json' -d '${BOB}' http://${users.edge}/${CREATE_USER}`,
    ...listImports({ users, posts, root }).map((command) => `    ${command}`),
    '',
    '  For npm run migrate, jobs and reconcile:',
    ...Object.entries(stores).map(([variable, url]) => `    export ${variable}='${url}'`),
    '',
    '  Ctrl-C stops everything. A service is restarted when its code changes.',
    '',
  ].join('\n');
}

/** The example data, users before the posts that they wrote. */
function listImports({ users, posts, root }: Pick<BannerFacts, 'users' | 'posts' | 'root'>): string[] {
  const usual = users.grpc.endsWith(':50051') && posts.grpc.endsWith(':50052');
  return [
    { what: 'users', target: users.grpc },
    { what: 'posts', target: posts.grpc },
  ]
    .filter(({ what }) => existsSync(join(root, `examples/${what}.ndjson`)))
    .map(({ what, target }) => {
      const command = `npm run import -- ${what} examples/${what}.ndjson`;
      return usual ? command : `${command} --target ${target}`;
    });
}
