import type { Constants } from './constants.js';

/** What a deployment has to carry. */
export interface Demand {
  /** Clients that are connected at the same time, with one subscription each. */
  readonly subscribers: number;
  /** Events a second, over all topics. */
  readonly events: number;
  /** The share of the subscribers that get an event, above 0 and up to 1. */
  readonly selectivity: number;
  /** Of an event's data. */
  readonly bytes: number;
  /** Among the subscribers that get an event, how many different results it has: operations, arguments or claims that differ. */
  readonly results: number;
}

/** What the machines may be asked for. */
export interface Limits {
  /** The share of a core that is planned for; the rest is for peaks, reconnects and repairs. */
  readonly busy: number;
  /** How many connections one gateway holds, whatever its CPU: they all reconnect elsewhere when it ends. */
  readonly connections: number;
}

export interface Size {
  /** Processes of `millrace gateway`, a core each. */
  readonly gateways: number;
  /** Processes of `millrace relay`, a core each. */
  readonly relays: number;
  readonly redisShards: number;
  readonly partitions: number;
  /** Microseconds of CPU a second, all of a kind together. */
  readonly cpu: { readonly gateways: number; readonly relays: number; readonly redis: number };
  /** KiB, resident, of all gateways. */
  readonly gatewayKib: number;
  /** Results a second to all clients. */
  readonly deliveries: number;
  /** Bytes a second. */
  readonly network: {
    readonly intoKafka: number;
    readonly outOfKafka: number;
    readonly outOfRedis: number;
    readonly outOfGateways: number;
  };
  /** How many times as many events of this kind the design carries, by what ends first. `first` names it. */
  readonly ceiling: { readonly first: keyof typeof ENDS; readonly factor: number };
}

/** What ends first, in words. */
export const ENDS = {
  hearing: 'each gateway hears every event of the partitions that its clients follow, whoever gets it',
  partition: 'one shard of Redis has all of a partition, and sends each event to every gateway',
  clients: 'nothing but the number of gateways, which grows with the clients and what is sent to them',
} as const;

const MICROSECONDS = 1_000_000;
const KIB = 1_024;
/** How many batches a second a process takes at most: a batch is what has come while the one before was worked on. */
const MOST_BATCHES = 400;
/** A process at a time for each partition: what a topic gets unless it is set otherwise. */
const LEAST_PARTITIONS = 4;
/** More gateways than this are not computed: there, every event is sent so often that the answer is another design. */
const MOST_GATEWAYS = 100_000;

/**
 * The size that carries a demand. Each gateway hears each event (an upper bound: it follows only partitions that its clients
 * ask for), so that part of its work does not get less with more gateways; the rest is shared.
 * @returns `undefined` when hearing the events alone fills a gateway, or a relay is full without any
 */
export function sizeOf(demand: Demand, constants: Constants, limits: Limits): Size | undefined {
  const gateways = gatewaysFor(demand, constants, limits);
  const budget = limits.busy * MICROSECONDS;
  // A relay that does nothing would fill its share: no number of them is enough.
  if (gateways === undefined || budget <= constants.relayIdleUs) return undefined;
  const { subscribers, events, bytes } = demand;
  const batches = batchesOf(events);
  const relayCpu =
    events * (constants.relayUs + (bytes / KIB) * constants.relayKibUs) + batches * constants.relayBatchUs;
  const redisCpu =
    events * (constants.redisUs + gateways * constants.redisHearerUs) + batches * constants.redisBatchUs;
  const relays = Math.max(1, Math.ceil(relayCpu / (budget - constants.relayIdleUs)));
  const redisShards = Math.max(1, Math.ceil(redisCpu / budget));
  const partitions = Math.max(LEAST_PARTITIONS, relays, redisShards);
  const message = bytes + constants.redisExtraBytes;
  const deliveries = deliveriesOf(demand);
  return {
    gateways,
    relays,
    redisShards,
    partitions,
    cpu: {
      gateways: gateways * hearingOf(demand, constants) + sharedOf(demand, constants, gateways),
      relays: relays * constants.relayIdleUs + relayCpu,
      redis: redisCpu,
    },
    gatewayKib: gateways * constants.gatewayKib + subscribers * constants.connectionKib,
    deliveries,
    network: {
      intoKafka: events * message,
      outOfKafka: events * message,
      outOfRedis: events * gateways * message,
      outOfGateways: deliveries * (bytes + constants.frameExtraBytes),
    },
    ceiling: ceilingOf(demand, constants, limits, gateways),
  };
}

const deliveriesOf = ({ subscribers, events, selectivity }: Demand): number =>
  events * Math.max(1, subscribers * selectivity);

const batchesOf = (events: number): number => Math.min(events, MOST_BATCHES);

/** µs a second that each gateway spends on being there and on events as such. */
function hearingOf({ events, bytes }: Demand, constants: Constants): number {
  const { gatewayUs, heardUs, heardKibUs, heardBatchUs } = constants;
  return gatewayUs + events * (heardUs + (bytes / KIB) * heardKibUs) + batchesOf(events) * heardBatchUs;
}

/** µs a second of all gateways together for their clients. A result is computed on every gateway that has a client for it. */
function sharedOf(demand: Demand, constants: Constants, gateways: number): number {
  const { subscribers, events, selectivity, bytes, results } = demand;
  const clientsOfResult = Math.max(1, (subscribers * selectivity) / results);
  const computed = events * results * Math.min(gateways, clientsOfResult);
  return (
    subscribers * constants.connectionUs +
    computed * constants.resultUs +
    deliveriesOf(demand) * (constants.deliveryUs + (bytes / KIB) * constants.deliveryKibUs)
  );
}

function gatewaysFor(demand: Demand, constants: Constants, limits: Limits): number | undefined {
  const room = limits.busy * MICROSECONDS - hearingOf(demand, constants);
  let gateways = Math.max(1, Math.ceil(demand.subscribers / limits.connections));
  while (room > 0 && gateways <= MOST_GATEWAYS) {
    const needed = Math.ceil(sharedOf(demand, constants, gateways) / room);
    if (needed <= gateways) return gateways;
    gateways = needed;
  }
  return undefined;
}

/**
 * How many events a second take `us` of CPU a second. It has two pieces, as the work has: up to `MOST_BATCHES` each event is a
 * batch; beyond, the batches are all paid for.
 */
function eventsIn(us: number, eventUs: number, batchUs: number): number {
  const alone = us / (eventUs + batchUs);
  return alone <= MOST_BATCHES ? alone : (us - MOST_BATCHES * batchUs) / eventUs;
}

function ceilingOf(
  demand: Demand,
  constants: Constants,
  { busy }: Limits,
  gateways: number,
): Size['ceiling'] {
  const budget = busy * MICROSECONDS;
  const { gatewayUs, heardUs, heardKibUs, heardBatchUs, redisUs, redisHearerUs, redisBatchUs } = constants;
  const heard = heardUs + (demand.bytes / KIB) * heardKibUs;
  const hearing = eventsIn(budget - gatewayUs, heard, heardBatchUs) / demand.events;
  // If keys are spread evenly.
  const perShard = eventsIn(budget, redisUs + gateways * redisHearerUs, redisBatchUs);
  const partition = (perShard * MOST_PARTITIONS) / demand.events;
  if (Math.min(hearing, partition) > FAR) return { first: 'clients', factor: FAR };
  return hearing < partition
    ? { first: 'hearing', factor: hearing }
    : { first: 'partition', factor: partition };
}

/** How many partitions with a shard each are counted with. More are a burden of their own to brokers and gateways. */
const MOST_PARTITIONS = 100;
/** A limit beyond this many times the demand does not matter. */
const FAR = 100;
