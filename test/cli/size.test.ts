import { describe, expect, it } from 'vitest';
import { CONSTANTS, type Constants } from '../../src/cli/size/constants.js';
import { MEASURED } from '../../src/cli/size/measured.js';
import { type Demand, sizeOf } from '../../src/cli/size/model.js';

const COSTS: Constants = {
  measured: 'no machine',
  gatewayKib: 100_000,
  gatewayUs: 6_000,
  connectionKib: 9,
  connectionUs: 2,
  heardUs: 20,
  heardKibUs: 5,
  heardBatchUs: 200,
  resultUs: 60,
  deliveryUs: 15,
  deliveryKibUs: 1,
  relayIdleUs: 8_000,
  relayUs: 20,
  relayKibUs: 5,
  relayBatchUs: 600,
  redisUs: 20,
  redisBatchUs: 120,
  redisHearerUs: 3,
  redisExtraBytes: 300,
  frameExtraBytes: 150,
};
const LIMITS = { busy: 0.5, connections: 50_000 };
const DEMAND: Demand = { subscribers: 10_000, events: 10, selectivity: 1, bytes: 250, results: 1 };
const size = (more: Partial<Demand> = {}, limits = LIMITS) => {
  const found = sizeOf({ ...DEMAND, ...more }, COSTS, limits);
  if (found === undefined) throw new Error('No number of gateways carries the demand.');
  return found;
};

describe('the size of a deployment', () => {
  it('has constants as the benchmark writes them', () => {
    expect(CONSTANTS.parse(MEASURED)).toEqual(MEASURED);
  });

  it('has at least one process of each kind for the smallest demand', () => {
    expect(size({ subscribers: 1, events: 0.01 })).toMatchObject({ gateways: 1, relays: 1, redisShards: 1 });
  });

  it.each([
    { busy: 0.5, more: {} },
    { busy: 0.25, more: { subscribers: 100_000 } },
    { busy: 0.9, more: { events: 100, selectivity: 0.01, results: 20 } },
  ])('gives no gateway more of a core than is planned for: $busy, $more', ({ busy, more }) => {
    const { gateways, cpu } = size(more, { ...LIMITS, busy });
    expect(cpu.gateways / gateways).toBeLessThanOrEqual(busy * 1_000_000);
    // One gateway less would not do.
    expect(cpu.gateways / (gateways - 1)).toBeGreaterThan(busy * 1_000_000 * 0.9);
  });

  it('has as many gateways as connections need, whatever their CPU', () => {
    expect(size({ subscribers: 1_000_000, events: 0.01 }).gateways).toBeGreaterThanOrEqual(20);
  });

  it('counts each result once for each subscriber that gets it', () => {
    expect(size({ selectivity: 0.1 }).deliveries).toBe(10 * 1_000);
    // An event that is for one subscriber is delivered once, however many others there are.
    expect(size({ selectivity: 1e-9 }).deliveries).toBe(10);
  });

  it('sends an event out of Redis once for each gateway, and into Kafka once', () => {
    const { gateways, network } = size({ subscribers: 200_000 });
    expect(network.outOfRedis).toBeCloseTo(network.intoKafka * gateways);
  });

  it('computes a result at most once on each gateway, and once for each client that is alone with it', () => {
    const alike = size({ subscribers: 1_000 });
    const different = size({ subscribers: 1_000, results: 1_000 });
    const more = different.cpu.gateways - alike.cpu.gateways;
    expect(more).toBeGreaterThanOrEqual(10 * (1_000 - alike.gateways) * COSTS.resultUs);
  });

  it('says that nothing carries it when hearing the events fills a gateway', () => {
    expect(sizeOf({ ...DEMAND, events: 1_000_000 }, COSTS, LIMITS)).toBeUndefined();
  });

  it('names hearing as what ends first when events are many and gateways few', () => {
    const { ceiling } = size({ events: 1_000, selectivity: 1e-4 });
    expect(ceiling.first).toBe('hearing');
    // At that factor, there is no room left for anything else.
    expect(sizeOf({ ...DEMAND, events: 1_000 * ceiling.factor }, COSTS, LIMITS)).toBeUndefined();
  });

  it.each([
    { busy: 0.05, events: 50 },
    { busy: 0.1, events: 50 },
    { busy: 0.5, events: 1_000 },
  ])('says at how many events hearing fills a gateway: $busy of a core, from $events', ({ busy, events }) => {
    const limits = { ...LIMITS, busy };
    const { first, factor } = size({ subscribers: 1, events }, limits).ceiling;
    expect(first).toBe('hearing');
    expect(factor).toBeGreaterThan(0);
    const more = { ...DEMAND, subscribers: 1, events: events * factor * 1.01 };
    expect(sizeOf(more, COSTS, limits)).toBeUndefined();
  });

  it('says that nothing carries it when a relay that does nothing fills what is planned for', () => {
    expect(
      sizeOf({ ...DEMAND, subscribers: 1, events: 1 }, COSTS, { ...LIMITS, busy: 0.008 }),
    ).toBeUndefined();
  });
});
