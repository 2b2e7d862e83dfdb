import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { INITDB_OPTIONS, TRANSACTION_LIFETIME_LIMIT_SECONDS } from '@tandem/dev-stack';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const root = join(import.meta.dirname, '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');

interface ComposeService {
  readonly image: string;
  readonly build?: string;
  readonly command: readonly string[];
  readonly network_mode?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { condition: string }>>;
  readonly healthcheck?: { readonly test: readonly string[] };
}

const { services, volumes } = parse(read('docker-compose.yml'), { merge: true }) as {
  services: Readonly<Record<string, ComposeService>>;
  volumes: Readonly<Record<string, unknown>>;
};
const ours = Object.entries(services).filter(([, service]) => service.build !== undefined);
const stores = Object.entries(services).filter(([, service]) => service.build === undefined);

/** The configuration table of the README. */
const VARIABLES = [
  ...['USERS_DATABASE_URL', 'POSTS_DATABASE_URL', 'USERS_DATABASE_READ_URL', 'REDIS_URL'],
  ...['USERS_LISTEN', 'USERS_EDGE_LISTEN', 'POSTS_LISTEN', 'POSTS_EDGE_LISTEN', 'POSTS_TARGET', 'USERS_TARGET'],
  ...['PAGE_TOKEN_KEYS', 'AUTH_MODE', 'WORKERS', 'LOG_LEVEL', 'SHUTDOWN_GRACE_MS'],
];

describe('docker-compose.yml', () => {
  it('has the stores, a migrate step and both services', () => {
    expect(stores.map(([name]) => name)).toEqual(['postgres', 'mongo', 'valkey']);
    expect(ours.map(([name]) => name)).toEqual(['migrate', 'users', 'posts']);
  });

  it('takes the major versions that the code is written for', () => {
    expect(stores.map(([, { image }]) => image)).toEqual(['postgres:18', 'mongo:8', 'valkey/valkey:9']);
  });

  it('runs files that exist, as the scripts of package.json do', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const command = (name: string) => services[name]?.command.join(' ');
    expect(`exec ${command('users')}`).toBe(scripts['start:users']);
    expect(`exec ${command('posts')}`).toBe(scripts['start:posts']);
    expect(command('migrate')).toBe(`${scripts.migrate?.replace('exec ', '')} up`);
    for (const [, service] of ours) expect(existsSync(join(root, service.command[1] ?? ''))).toBe(true);
  });

  it('sets no variable that the services do not know', () => {
    for (const [, { environment }] of ours) {
      expect(Object.keys(environment ?? {}).filter((name) => !VARIABLES.includes(name))).toEqual([]);
    }
  });

  it('points each service at the stores and at the other one', () => {
    const environment = (name: string) => services[name]?.environment ?? {};
    const published = stores.map(([, { ports }]) => ports?.[0]?.replace(/:\d+$/, ''));
    for (const [name] of ours) {
      const urls = ['USERS_DATABASE_URL', 'POSTS_DATABASE_URL', 'REDIS_URL'].map((key) => environment(name)[key] ?? '');
      expect(urls.map((url) => new URL(url).host)).toEqual(published);
    }
    expect(environment('users').POSTS_TARGET).toBe(environment('posts').POSTS_LISTEN);
    expect(environment('posts').USERS_TARGET).toBe(environment('users').USERS_LISTEN);
  });

  it('logs in to PostgreSQL as whom it makes, on the database that it makes', () => {
    const made = services.postgres?.environment ?? {};
    const url = new URL(services.users?.environment?.USERS_DATABASE_URL ?? '');
    expect([url.username, url.password, url.pathname]).toEqual([
      made.POSTGRES_USER,
      made.POSTGRES_PASSWORD,
      `/${made.POSTGRES_DB}`,
    ]);
  });

  it('makes PostgreSQL and MongoDB as the dev stack does', () => {
    expect(services.postgres?.environment?.POSTGRES_INITDB_ARGS?.split(' ')).toEqual([...INITDB_OPTIONS]);
    expect(services.mongo?.command).toContain(
      `--setParameter=transactionLifetimeLimitSeconds=${TRANSACTION_LIFETIME_LIMIT_SECONDS}`,
    );
  });

  it('forms the replica set that mongod is started for', () => {
    const set = services.mongo?.command.find((part) => part.startsWith('--replSet='))?.split('=')[1];
    expect(services.mongo?.healthcheck?.test.join(' ')).toContain(`rs.initiate({ _id: '${set}'`);
  });

  it('opens nothing beyond this machine', () => {
    for (const [, { ports }] of stores) for (const port of ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:/);
    for (const [, service] of ours) {
      expect(service.network_mode).toBe('host');
      for (const [name, address] of Object.entries(service.environment ?? {})) {
        if (name.endsWith('_LISTEN')) expect(address).toMatch(/^127\.0\.0\.1:/);
      }
    }
  });

  it('starts a service only on migrated, healthy stores', () => {
    expect(services.migrate?.depends_on).toEqual({
      postgres: { condition: 'service_healthy' },
      mongo: { condition: 'service_healthy' },
    });
    for (const name of ['users', 'posts']) {
      expect(services[name]?.depends_on?.migrate).toEqual({ condition: 'service_completed_successfully' });
    }
    for (const [, { healthcheck }] of stores) expect(healthcheck?.test.length).toBeGreaterThan(1);
  });

  it('asks each service for its health where its edge listens', () => {
    for (const name of ['users', 'posts']) {
      const edge = services[name]?.environment?.[`${name.toUpperCase()}_EDGE_LISTEN`];
      expect(services[name]?.healthcheck?.test.join(' ')).toContain(`http://${edge}/healthz`);
    }
  });

  it('declares the volumes that it mounts', () => {
    const mounted = stores.flatMap(([, service]) => service.volumes ?? []).map((mount) => mount.split(':')[0]);
    expect(mounted).toEqual(Object.keys(volumes));
  });
});

describe('Dockerfile', () => {
  const dockerfile = read('Dockerfile');

  it('runs the Node that package.json pins', () => {
    const { devDependencies } = JSON.parse(read('package.json')) as { devDependencies: Record<string, string> };
    expect(dockerfile).toMatch(new RegExp(`^FROM node:${devDependencies.node}-`, 'm'));
  });

  it('copies the manifest of every workspace before it installs', () => {
    const manifests = globSync(['packages/*/package.json', 'services/*/package.json', 'migrations/package.json'], {
      cwd: root,
    });
    const installed = dockerfile.slice(0, dockerfile.indexOf('RUN npm ci'));
    expect(manifests.length).toBeGreaterThan(5);
    for (const manifest of manifests) expect(installed).toContain(`COPY ${manifest} `);
  });

  it('copies the folders of every file that compose runs', () => {
    for (const [, { command }] of ours) {
      const folder = command[1]?.split('/')[0];
      expect(dockerfile).toContain(`\nCOPY ${folder} ${folder}\n`);
    }
  });

  it('copies nothing that .dockerignore keeps out', () => {
    const kept = read('.dockerignore').split('\n');
    const sources = [...dockerfile.matchAll(/^COPY (.*) \S+$/gm)].flatMap(([, paths]) => paths?.split(' ') ?? []);
    expect(sources.length).toBeGreaterThan(5);
    for (const source of sources) expect(kept).toContain(`!${source.split('/')[0]}`);
  });
});
