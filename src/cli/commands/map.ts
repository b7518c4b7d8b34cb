import { Command, Option } from 'commander';
import { openBackends } from '../../node/backends.js';
import { openLiveMap } from '../../node/live-map.js';
import { topicFormats } from '../../node/topics.js';
import { openLogger } from '../../observe/log.js';
import { Metrics } from '../../observe/metrics.js';
import { asyncApiOf } from '../../topology/async-api.js';
import { dotOf, mermaidOf } from '../../topology/diagrams.js';
import type { Patience } from '../../topology/live-map.js';
import { type Topology, topologyOf, withLag } from '../../topology/topology.js';
import { type Loaded, load } from '../load.js';

/** A command reads all topics, however long it takes. */
const PATIENCE: Patience = { log: 60_000, observed: 60_000, topics: Number.POSITIVE_INFINITY };

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
    .option('--live', 'also read the log: who else publishes and reads, and how far each reader lags', false)
    .action(map);
}

interface MapOptions {
  readonly format: keyof typeof FORMATS;
  readonly live: boolean;
}

async function map({ format, live }: MapOptions): Promise<void> {
  const loaded = await load();
  const topology = live ? await liveTopology(loaded) : drawn(loaded);
  process.stdout.write(FORMATS[format](topology, loaded));
}

function drawn({ config, bindings, project: { services = [], views = [] } }: Loaded): Topology {
  return topologyOf({ bindings, services, views, deadLetterSuffix: config.DEAD_LETTER_SUFFIX });
}

/** What the console's map shows at the moment, without rates: these take several readings. */
async function liveTopology(loaded: Loaded): Promise<Topology> {
  const { config, project, bindings } = loaded;
  await using backends = await openBackends({ config, project }, new Metrics(), openLogger(config.LOG_LEVEL));
  const { log, registry } = backends;
  const formats = topicFormats(bindings, project, registry);
  const never = new AbortController().signal;
  const live = openLiveMap(loaded, { log, formats }, never, PATIENCE);
  const { topology, flows, gaps, failure } = await live.read(never);
  if (failure !== undefined) throw failure;
  for (const gap of gaps) process.stderr.write(`${gap}\n`);
  return withLag(topology, flows);
}
