import { defineConfig } from 'vitest/config';

const everywhere = '{packages,services,migrations,scripts,test}/**';
const stores = ['test/support/stores-setup.ts'];

export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 2,
    // Bounds are for what never ends: on a busy machine all takes long.
    testTimeout: 90_000,
    hookTimeout: 120_000,
    teardownTimeout: 60_000,
    expect: { poll: { timeout: 20_000 } },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: [`${everywhere}/*.test.ts`],
          exclude: ['**/node_modules/**', '**/*.{db,e2e}.test.ts'],
        },
      },
      {
        extends: true,
        test: { name: 'db', include: [`${everywhere}/*.db.test.ts`], globalSetup: stores },
      },
      {
        extends: true,
        test: { name: 'e2e', include: ['test/**/*.e2e.test.ts'], globalSetup: stores },
      },
    ],
  },
});
