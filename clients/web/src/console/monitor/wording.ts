import { counted } from '../../shared/counted';
import type { MonitorSubscription } from './operations';

export type Monitor = MonitorSubscription['monitor'];
export type Lag = Monitor['lags'][number];
export type MonitorNode = Monitor['nodes'][number];

const WHOLE = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const FEW = new Intl.NumberFormat('en', { maximumSignificantDigits: 2 });
const MIB = 1_048_576;
const KIB = 1_024;

/** `1,234`, or `0.25` of what is less than ten. */
export const amount = (value: number): string =>
  Math.abs(value) < 10 ? FEW.format(value) : WHOLE.format(value);

export const milliseconds = (value: number | null | undefined): string =>
  value == null ? '–' : value >= 1_000 ? `${amount(value / 1_000)} s` : `${amount(value)} ms`;

export const bytes = (value: number): string =>
  value >= MIB ? `${amount(value / MIB)} MiB` : `${amount(value / KIB)} KiB`;

const MINUTE_S = 60;
const HOUR_S = 3_600;
const DAY_S = 86_400;

/** How long something runs: `3 min`. */
export function duration(seconds: number): string {
  if (seconds < MINUTE_S) return `${Math.floor(seconds)} s`;
  if (seconds < HOUR_S) return `${Math.floor(seconds / MINUTE_S)} min`;
  if (seconds < DAY_S) return `${Math.floor(seconds / HOUR_S)} h`;
  return counted(Math.floor(seconds / DAY_S), 'day');
}

const TRENDS: Readonly<Record<Lag['trend'], string>> = {
  GROWING: 'and growing',
  STEADY: 'and steady',
  SHRINKING: 'and catching up',
};

/** `Behind by 12,000 records and growing`. */
export const lagSentence = ({ behind, trend }: Pick<Lag, 'behind' | 'trend'>): string =>
  `Behind by ${counted(behind, 'record')} ${TRENDS[trend]}`;

/** Where an event waits, in the order of its way. */
export const STAGES: Readonly<Record<Lag['stage'], { readonly label: string; readonly about: string }>> = {
  RELAY: { label: 'Relay', about: 'in the log, until the relay moves it into the fan-out' },
  NODE: { label: 'Node', about: 'on the way to the node, or missed and being repaired' },
  SUBSCRIPTION: { label: 'Client', about: 'in the node, until its slowest client has it' },
  SERVICE: { label: 'Service', about: 'in the log, until the service handles it' },
  VIEW: { label: 'View', about: 'in the log, until it is folded into the view' },
};

const BACKENDS: Readonly<Record<string, string>> = {
  log: 'The log (Kafka)',
  fanout: 'The fan-out (Redis)',
  store: 'The state store (Redis)',
  registry: 'The schema registry',
  credentials: 'The key set that verifies credentials',
};

/** What is wrong with the backends, as sentences: one for each backend and outcome, with the nodes that say so. */
export function healthSentences(nodes: readonly MonitorNode[]): readonly string[] {
  const sayers = new Map<string, string[]>();
  for (const { name, checks } of nodes)
    for (const check of checks) {
      // What is refused has sentences of its own.
      if (check.outcome === 'ok' || check.name === 'access') continue;
      const what = `${BACKENDS[check.name] ?? check.name} cannot be used (${check.outcome})`;
      sayers.set(what, [...(sayers.get(what) ?? []), name]);
    }
  return [...sayers].map(([what, names]) => `${what}, according to ${names.join(', ')}.`);
}

export const refusalSentences = (nodes: readonly MonitorNode[]): readonly string[] => [
  ...new Set(nodes.flatMap(({ refusals }) => refusals)),
];

/** The state of the whole in one line. */
export function summary({ nodes, rates, levels, latency, lags }: Monitor): string {
  const worst = lags[0];
  const delivered =
    latency.p99Ms == null
      ? 'Nothing was delivered in the last half minute.'
      : `${amount(rates.delivered)} results a second now, to ${counted(levels.connections, 'connection')}. In the last half minute, 99 % arrived within ${milliseconds(latency.p99Ms)}.`;
  const behind =
    worst === undefined
      ? 'Nothing is behind.'
      : `${STAGES[worst.stage].label} ${worst.group} is behind by ${counted(worst.behind, 'record')} of ${worst.topic}.`;
  return `${counted(nodes.length, 'node')}. ${delivered} ${behind}`;
}

/** How many subscriptions share each execution and serialisation. */
export function sharing({ subscriptions, cohorts }: Monitor['levels']): string {
  if (cohorts === 0) return 'Nobody subscribes.';
  if (subscriptions <= cohorts) return 'No two subscriptions share an execution.';
  return `${amount(subscriptions / cohorts)} subscriptions share each execution.`;
}
