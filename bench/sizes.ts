const KIB = 1_024;
/** The data of an event, in bytes. */
const SMALL_BYTES = 290;
const LARGE_BYTES = SMALL_BYTES + 8_192;

/** Subscribers in equal rooms, and events that go to the rooms in turn. */
export interface Size {
  readonly rooms: number;
  readonly each: number;
  readonly perSecond: number;
  /** How many events are appended together. */
  readonly together?: number;
  /** Of the data of an event. */
  readonly bytes: number;
  /** Events go to a room without subscribers, in a partition that is followed. */
  readonly nobody?: true;
}

/** The sizes from which the constants come: each adds one cost to those before. */
export const FITTED = {
  heard: { rooms: 40, each: 1, perSecond: 100, bytes: SMALL_BYTES, nobody: true },
  heardTogether: { rooms: 40, each: 1, perSecond: 2_000, together: 200, bytes: SMALL_BYTES, nobody: true },
  heardLarge: { rooms: 40, each: 1, perSecond: 100, bytes: LARGE_BYTES, nobody: true },
  alone: { rooms: 40, each: 1, perSecond: 100, bytes: SMALL_BYTES },
  crowd: { rooms: 1, each: 1_000, perSecond: 10, bytes: SMALL_BYTES },
  crowdLarge: { rooms: 1, each: 1_000, perSecond: 10, bytes: LARGE_BYTES },
} as const satisfies Record<string, Size>;
export type Fitted = keyof typeof FITTED;

/** Predictions are held against these: two of those above, two that no constant comes from, and one with many events. */
export const HELD: readonly Size[] = [
  FITTED.alone,
  FITTED.crowd,
  { rooms: 20, each: 100, perSecond: 40, bytes: 1_300 },
  { rooms: 1, each: 300, perSecond: 60, bytes: SMALL_BYTES },
  { rooms: 40, each: 1, perSecond: 1_000, bytes: SMALL_BYTES },
];

/** Microseconds of CPU a second. */
export interface Used {
  readonly gateway: number;
  readonly relay: number;
  readonly redis: number;
}

/** Each cost is the difference of two sizes. */
export function perEvent(of: (name: Fitted, what: keyof Used) => number, idle: Used) {
  const each = (name: Fitted, what: keyof Used) => (of(name, what) - idle[what]) / FITTED[name].perSecond;
  const kib = (LARGE_BYTES - SMALL_BYTES) / KIB;
  const smallKib = SMALL_BYTES / KIB;
  const large = (what: keyof Used): number => (each('heardLarge', what) - each('heard', what)) / kib;
  /** Of events that come together; and what each costs more if it comes alone. */
  const event = (what: keyof Used): number => each('heardTogether', what);
  const batch = (what: keyof Used): number => each('heard', what) - event(what);
  const [heardKibUs, relayKibUs] = [large('gateway'), large('relay')];
  const clients = FITTED.crowd.each;
  // Of one event: heard, computed once, written to all. And the same with one client.
  const [crowd, alone, heard] = [
    each('crowd', 'gateway'),
    each('alone', 'gateway'),
    each('heard', 'gateway'),
  ];
  const delivery = (crowd - alone) / (clients - 1);
  const deliveryKibUs = (each('crowdLarge', 'gateway') - crowd - heardKibUs * kib) / clients / kib;
  return {
    heardUs: event('gateway') - heardKibUs * smallKib,
    heardBatchUs: batch('gateway'),
    heardKibUs,
    resultUs: alone - heard - delivery,
    deliveryUs: delivery - deliveryKibUs * smallKib,
    deliveryKibUs,
    relayIdleUs: idle.relay,
    relayUs: event('relay') - relayKibUs * smallKib,
    relayBatchUs: batch('relay'),
    relayKibUs,
    redisUs: event('redis'),
    redisBatchUs: batch('redis'),
  };
}
