import type { PipelinerApi, PipelineSpec, QuerierApi, QueryLatencies } from './fairness/api.js';
import type { MutationTransport } from './mutations/api.js';
import { profiled } from './profile.js';
import { median, type Row, rowOf } from './row.js';
import { type Options, SAID, type Services, Stage, socketOf, topicName } from './stage.js';

const ROUNDS = 5;
const CLIENTS = 100;
const INTERVAL_MS = 250;
const PAIRS_PER_SECOND = 2_000;

/** How the one socket uses its share and everybody else's. */
const PIPELINES = {
  pairs: { lifetimeMs: 0 },
  // The gateway cannot leave out a subscription that is not completed yet: every one is parsed, validated and started.
  started: { lifetimeMs: 100 },
} as const satisfies Record<string, Pick<PipelineSpec, 'lifetimeMs'>>;

/**
 * The latency of the queries of 100 clients, each over its own connection, without and with one more socket that pipelines
 * 2,000 `subscribe` and `complete` pairs of distinct documents a second, in alternating rounds.
 */
export async function fairness(services: Services, scale: number, options: Options): Promise<readonly Row[]> {
  await using stage = await Stage.open(services, SAID(topicName()));
  const gateway = await stage.processes.run('gateway');
  const querier = stage.child('querier', './fairness/querier.js');
  const pipeliner = stage.child('pipeliner', './fairness/pipeliner.js');
  const durationMs = Math.max(3_000, Math.round(10_000 * scale));
  const query = (duration: number): Promise<QueryLatencies> =>
    querier.call<QuerierApi, 'run'>('querier', 'run', duration);
  const rows: Row[] = [];
  for (const transport of ['http', 'websocket'] as const satisfies readonly MutationTransport[]) {
    const url = `${gateway.url}/graphql`;
    const spec = { url, transport, clients: CLIENTS, intervalMs: INTERVAL_MS };
    await querier.call<QuerierApi, 'connect'>('querier', 'connect', spec);
    await query(2_000);
    for (const [name, { lifetimeMs }] of Object.entries(PIPELINES)) {
      const beside = { url: socketOf(gateway.url), pairsPerSecond: PAIRS_PER_SECOND, lifetimeMs };
      const [quiet, busy, shares]: [QueryLatencies[], QueryLatencies[], number[]] = [[], [], []];
      for (let round = 0; round < ROUNDS; round++) {
        quiet.push(await query(durationMs));
        await pipeliner.call<PipelinerApi, 'start'>('pipeliner', 'start', beside);
        await query(500);
        const measured = (): Promise<QueryLatencies> => query(durationMs);
        busy.push(await profiled(gateway.child, `fairness-${transport}-${name}`, options, measured));
        const { due, read, faults } = await pipeliner.call<PipelinerApi, 'stop'>(
          'pipeliner',
          'stop',
          undefined,
        );
        if (faults.length > 0)
          throw new Error(`The pipelining socket got wrong answers: ${faults.join('; ')}`);
        shares.push((100 * read) / due);
      }
      const read = Math.round(median(shares));
      for (const which of ['p50', 'p99'] as const) {
        const figures = (of: readonly QueryLatencies[]): number[] => of.map((one) => one[which]);
        const goals = which === 'p99' ? [{ of: 'without', atMost: 3 }] : [];
        const title = `fairness ${transport}, ${name} (${read} % read), ${which}`;
        rows.push(rowOf(title, 'ms', figures(busy), { without: figures(quiet) }, goals));
      }
    }
    await querier.call<QuerierApi, 'close'>('querier', 'close', undefined);
  }
  return rows;
}
