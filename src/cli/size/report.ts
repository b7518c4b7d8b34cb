import type { Constants } from './constants.js';
import { type Demand, ENDS, type Limits, type Size } from './model.js';

const MICROSECONDS = 1_000_000;
/** Where another unit is easier to read. */
const KIB_IN_GIB = 1_024 ** 2;
const BITS = 8;
const LEAST_CORES = 0.01;

/** What `millrace size` prints: what was asked, what it takes, what ends first. */
export function reportOf(demand: Demand, size: Size, { constants, limits }: Basis): string {
  const { subscribers, events, selectivity, bytes, results } = demand;
  const { gateways, relays, redisShards, partitions, cpu, gatewayKib, deliveries, network, ceiling } = size;
  const rows: readonly (readonly [string, string])[] = [
    [
      'Gateways',
      `${counted(gateways, 'process', 'processes')}, ${cores(cpu.gateways)} busy, ${memory(gatewayKib)}`,
    ],
    ['Relays', `${counted(relays, 'process', 'processes')}, ${cores(cpu.relays)} busy`],
    ['Redis', `${counted(redisShards, 'shard')}, ${cores(cpu.redis)} busy`],
    ['Partitions', `at least ${number(partitions)} over all topics`],
    ['Into Kafka', `${rate(network.intoKafka)}, for each replica`],
    ['Out of Kafka', rate(network.outOfKafka)],
    ['Out of Redis', rate(network.outOfRedis)],
    ['To clients', `${rate(network.outOfGateways)}, ${number(deliveries)} results a second`],
  ];
  return [
    `${number(subscribers)} subscribers, ${counted(events, 'event')} a second of ${number(bytes)} bytes, ` +
      `each to ${percent(selectivity)} of the subscribers in ${counted(results, 'form')}.`,
    '',
    ...rows.map(([name, text]) => `  ${name.padEnd(14)}${text}`),
    '',
    `Ends first: ${ENDS[ceiling.first]}. ${ceiling.factor >= 100 ? 'More than 100' : number(ceiling.factor)} times these events would reach it.`,
    `Planned for ${percent(limits.busy)} of each core and ${number(limits.connections)} connections a gateway. Measured on ${constants.measured}.`,
    '',
  ].join('\n');
}

interface Basis {
  readonly constants: Constants;
  readonly limits: Limits;
}

/** Two digits are more than the model knows. */
function number(value: number): string {
  if (value >= 100)
    return Number(value.toPrecision(Number.isInteger(value) ? 15 : 3)).toLocaleString('en-US');
  return Number(value.toPrecision(2)).toLocaleString('en-US', { maximumFractionDigits: 6 });
}

const counted = (count: number, one: string, many = `${one}s`): string =>
  `${number(count)} ${count === 1 ? one : many}`;

const percent = (share: number): string => `${number(share * 100)} %`;

function cores(us: number): string {
  const busy = us / MICROSECONDS;
  return busy < LEAST_CORES ? `less than ${LEAST_CORES} cores` : counted(Number(busy.toPrecision(2)), 'core');
}

const memory = (kib: number): string => `${number(kib / KIB_IN_GIB)} GiB`;

function rate(bytesPerSecond: number): string {
  const megabits = (bytesPerSecond * BITS) / 1_000_000;
  return megabits >= 1_000 ? `${number(megabits / 1_000)} Gbit/s` : `${number(megabits)} Mbit/s`;
}
