import { Command, Option } from 'commander';
import { Deadline } from '../../core/deadline.js';
import { RecordDecoder } from '../../core/record-decoder.js';
import { openBackends } from '../../node/backends.js';
import { topicFormats, topicNames } from '../../node/topics.js';
import { openLogger } from '../../observe/log.js';
import { Metrics } from '../../observe/metrics.js';
import { asyncApiOf } from '../../topology/async-api.js';
import { dotOf, mermaidOf } from '../../topology/diagrams.js';
import { observedFlows } from '../../topology/observed-flows.js';
import { type ObservedFlow, type Topology, topologyOf } from '../../topology/topology.js';
import { type Loaded, load } from '../load.js';

/** How many of its newest records are read of each topic. */
const RECORDS = 500;
const LOG_TIMEOUT_MS = 60_000;

const FORMATS = {
  mermaid: mermaidOf,
  dot: dotOf,
  json: (topology: Topology) => `${JSON.stringify(topology, undefined, 2)}\n`,
  asyncapi: (topology: Topology, { bindings, project: { resolvers = {} } }: Loaded) =>
    `${JSON.stringify(asyncApiOf({ bindings, resolvers, topology }), undefined, 2)}\n`,
} as const satisfies Record<string, (topology: Topology, loaded: Loaded) => string>;

export function mapCommand(): Command {
  const formats = Object.keys(FORMATS);
  return new Command('map')
    .description('draw which mutations, services, views and subscriptions use which topics')
    .addOption(new Option('--format <name>', 'how it is written').choices(formats).default('mermaid'))
    .option('--live', 'also read the newest records of each topic: they say what services publish', false)
    .action(map);
}

interface MapOptions {
  readonly format: keyof typeof FORMATS;
  readonly live: boolean;
}

async function map({ format, live }: MapOptions): Promise<void> {
  const loaded = await load();
  const { bindings, project } = loaded;
  const { services = [], views = [] } = project;
  const observed = live ? await observe(loaded) : [];
  const topology = topologyOf({ bindings, services, views, observed });
  process.stdout.write(FORMATS[format](topology, loaded));
}

async function observe({ config, project, bindings }: Loaded): Promise<readonly ObservedFlow[]> {
  await using backends = await openBackends({ config, project }, new Metrics(), openLogger(config.LOG_LEVEL));
  using deadline = new Deadline(LOG_TIMEOUT_MS);
  const { services = [], views = [] } = project;
  const topics = topicNames(bindings, [...services, ...views]);
  const decoder = new RecordDecoder(topicFormats(bindings, project, backends.registry));
  return await observedFlows(topics, { log: backends.log, decoder, records: RECORDS }, deadline.signal);
}
