import { defineConfig } from 'vitest/config';

/** Tests that share the real Kafka and Redis. */
const live = ['test/live/**/*.test.ts'];
/** Tests that cause faults, and measure themselves against the machine. All others need no services. */
const faults = ['test/faults/**/*.test.ts', 'clients/*/test/scenarios/**/*.test.ts'];

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
          include: ['test/**/*.test.ts', 'clients/*/test/**/*.test.ts'],
          exclude: [...live, ...faults, ...(isNode22 ? [] : onNode22)],
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        // Mostly these wait for real processes, so two files share the services. Their names of topics and groups are unique.
        extends: true,
        test: {
          name: 'live',
          include: live,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        // After all others. They mostly wait for what a fault does, so two files run side by side.
        extends: true,
        test: {
          name: 'faults',
          include: faults,
          globalSetup: 'test/faults/support/speed-setup.ts',
          maxWorkers: 2,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
