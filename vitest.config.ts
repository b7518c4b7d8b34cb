import { defineConfig } from 'vitest/config';

/** Tests that share the real Kafka and Redis, or measure themselves against them. All others need neither. */
const live = ['test/live/**/*.test.ts', 'test/faults/**/*.test.ts'];

/** Their packages need Node 22. With an older Node, `npm run test:nodes` runs them. */
const onNode22 = ['test/cli/graphql-17.test.ts'];
const isNode22 = Number(process.versions.node.split('.')[0]) >= 22;

export default defineConfig({
  test: {
    pool: 'forks',
    // Ceilings, not expectations: tests wait for facts, and machines differ tenfold.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 30_000 } },
    // Whole processes on a shared machine: what fails twice there has failed, and the report says what needed two tries.
    retry: process.env['CI'] ? 1 : 0,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: isNode22 ? live : [...live, ...onNode22],
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        // One file at a time, after all others: two that load the same broker make each other late.
        extends: true,
        test: {
          name: 'live',
          include: live,
          globalSetup: 'test/faults/support/speed-setup.ts',
          maxWorkers: 1,
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
