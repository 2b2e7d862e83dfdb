import { defineConfig } from 'vitest/config';

const everywhere = '{packages,services,migrations,scripts,test}/**';
const stores = ['test/support/stores-setup.ts'];

export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    teardownTimeout: 30_000,
    // What is polled comes late on a busy machine; that it comes is what is tested.
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
