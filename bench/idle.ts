import type { WsSendApi } from './baselines/ws-send.js';
import type { Child } from './child.js';
import type { CrowdSpec } from './load/api.js';
import { connectionsWithin } from './machine.js';
import { untilLive } from './metric.js';
import { NumberedRoom } from './numbered-room.js';
import { profiled } from './profile.js';
import { type Row, rowOf } from './row.js';
import { type Options, SAID, SAID_IN, type Services, Stage, socketOf, topicName } from './stage.js';

const ROUNDS = 3;

interface Growth {
  /** KiB for each connection, after garbage collection. */
  readonly kept: number;
  /** The same before a forced garbage collection. */
  readonly whole: number;
  /** KiB of JavaScript objects for each connection, after garbage collection. */
  readonly heap: number;
}

/**
 * Idle connections with one subscription each. Measures how much the gateway's resident memory grows for each, against a
 * bare `ws` server that only keeps the sockets. Buffers of the operating system are not included. Each round starts a new
 * gateway, because a process does not return memory that it has used once.
 */
export async function idle(services: Services, scale: number, options: Options): Promise<readonly Row[]> {
  const topic = topicName();
  await using stage = await Stage.open(services, SAID(topic));
  const connections = connectionsWithin(Math.max(1_000, Math.round(10_000 * scale)));
  const room = new NumberedRoom();
  const to = (url: string): CrowdSpec => ({
    url: socketOf(url),
    operations: [{ query: SAID_IN, variables: { room: room.name }, count: connections }],
    perConnection: 1,
    ids: 'distinct',
  });
  const all = { ours: [] as Growth[], ws: [] as Growth[] };
  for (let round = 0; round < ROUNDS; round++) {
    const gateway = await stage.processes.run('gateway');
    const growth = (): Promise<Growth> =>
      grown(stage, gateway.child, to(gateway.url), () => untilLive([gateway.url], connections));
    all.ours.push(await profiled(gateway.child, 'idle', options, growth));
    await gateway.child[Symbol.asyncDispose]();
    const bare = stage.child('ws', './baselines/ws-send.js');
    const url = await bare.call<WsSendApi, 'listen'>('wsSend', 'listen', undefined);
    all.ws.push(await grown(stage, bare, to(url), () => Promise.resolve()));
    await bare[Symbol.asyncDispose]();
  }
  const of = (which: keyof Growth) =>
    [all.ours.map((growth) => growth[which]), { ws: all.ws.map((growth) => growth[which]) }] as const;
  const goals = [{ of: 'value', atMost: 16 }];
  return [
    rowOf(`idle ${connections}`, 'KiB each', ...of('kept'), goals),
    rowOf(`idle ${connections}, uncollected`, 'KiB each', ...of('whole')),
    rowOf(`idle ${connections}, heap`, 'KiB each', ...of('heap')),
  ];
}

async function grown(
  stage: Stage,
  server: Child,
  spec: CrowdSpec,
  ready: () => Promise<unknown>,
): Promise<Growth> {
  // The first connections load code and fill caches that all share.
  const [operation] = spec.operations;
  if (operation === undefined) throw new Error('The crowd has no operations');
  {
    await using _first = await stage.crowd({ ...spec, operations: [{ ...operation, count: 20 }] });
  }
  const before = await server.collected();
  const start = await server.usage();
  await using _crowd = await stage.crowd(spec);
  await ready();
  const whole = await server.usage();
  const after = await server.collected();
  const { count } = operation;
  return {
    kept: (after.resident - before.resident) / 1024 / count,
    heap: (after.heap - before.heap) / 1024 / count,
    whole: (whole.resident - start.resident) / 1024 / count,
  };
}
