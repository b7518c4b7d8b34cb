import { HISTORY_STEP_MS } from '../../observe/figures/figure-history.js';
import type { NodeRegistry } from '../../ports/node-registry.js';
import type { ConsoleContext, ConsolePage, Payload } from '../page.js';
import { sharedReading } from '../shared-reading.js';
import { ticks } from '../ticks.js';
import { joinHistories, RECORDED_HISTORY } from './joined-history.js';
import { HISTORY_TOPIC, REPORT_INTERVAL_MS } from './node-reporter.js';
import { nameOf, nodeOf, overall, readable } from './overall.js';

export interface MonitorParts {
  readonly registry: NodeRegistry;
  /** The prefix of consumer groups. */
  readonly namespace: string;
}

/** How long the last hour of other nodes is waited for. */
const HISTORY_WITHIN_MS = 2_000;
const SHARED_MS = 0.9 * REPORT_INTERVAL_MS;
const MS_PER_S = 1_000;

/** The page Monitor: all nodes, how far each part is behind, and the last hour. */
export function monitorPage({ registry, namespace }: MonitorParts): ConsolePage {
  const shared = sharedReading(() => read(registry, namespace), SHARED_MS);
  async function* monitor({ signal }: ConsoleContext): AsyncGenerator<Payload> {
    for await (const _ of ticks(REPORT_INTERVAL_MS, signal)) yield { data: await shared() };
  }
  return {
    Query: { monitorHistory: () => history(registry) },
    Subscription: { monitor: (_args, context) => monitor(context) },
  };
}

async function read(registry: NodeRegistry, namespace: string): Promise<object> {
  const { nodes, unheard } = await registry.list();
  const { reported, unreadable } = readable(nodes);
  return {
    at: new Date().toISOString(),
    nodes: reported.map(nodeOf),
    unheard: unheard ?? (unreadable === 0 ? undefined : unreadableNodes(unreadable)),
    ...overall(reported, namespace),
  };
}

const unreadableNodes = (count: number): string =>
  `${count === 1 ? 'One node is' : `${count} nodes are`} of another version of Millrace, and cannot be shown.`;

async function history(registry: NodeRegistry): Promise<object> {
  const [{ answers, silent, unheard }, { nodes }] = await Promise.all([
    registry.ask(HISTORY_TOPIC, null, HISTORY_WITHIN_MS),
    registry.list(),
  ]);
  const histories = answers.flatMap(({ answer }) => {
    const parsed = RECORDED_HISTORY.safeParse(answer);
    return parsed.success ? [parsed.data] : [];
  });
  const names = new Map(readable(nodes).reported.map(({ id, report }) => [id, nameOf(report)]));
  return {
    stepSeconds: HISTORY_STEP_MS / MS_PER_S,
    ...joinHistories(histories),
    silent: silent.map((id) => names.get(id) ?? id),
    unheard,
  };
}
