import { parse } from 'graphql';
import { describe, expect, it, onTestFinished } from 'vitest';
import { CursorCodec } from '../../src/core/cursor.js';
import { resultTail, type SharedResult } from '../../src/subscribe/delivery/result-layout.js';
import { Subscriptions } from '../../src/subscribe/subscriptions.js';
import { bound } from '../binding/schema.js';
import { loggerOf } from '../support/logger.js';
import { openWorld } from '../support/world.js';
import { Client } from './stage.js';

const SCHEMA = `
  type Query { ok: Boolean }
  type Subscription {
    all: Said @subscribe(topic: "said")
    of(id: ID!): Said @subscribe(topic: "said", filter: "event.id == args.id")
    scanned(id: ID!): Said @subscribe(topic: "said", filter: "!(event.id != args.id)")
    named(text: String!): Said @subscribe(topic: "said", filter: "event.text == args.text")
    resolved: Resolved @subscribe(topic: "said")
  }
  scalar Long
  scalar Json
  type Said { id: ID ids: [[ID]] text: String n: Int f: Float flag: Boolean long: Long json: Json }
  type Resolved { id: ID ids: [[ID]] f: Float long: Long json: Json kept: String }
  `;

/** Keeps the text of results: parsed by `JSON.parse`, they would show doubles. */
class TextClient extends Client {
  readonly texts: string[] = [];

  override next(result: SharedResult, tag: string): boolean {
    this.texts.push(`${result.head}${resultTail(tag)}`);
    return super.next(result, tag);
  }

  /** The results' fields, without `data` and extensions around them. */
  get fields(): string[] {
    return this.texts.map((text) => /^\{"data":\{"it":(.*?)\},"extensions"/.exec(text)?.[1] ?? text);
  }
}

async function openStage(indexed: readonly string[]) {
  const world = await openWorld({ indexed });
  onTestFinished(() => world[Symbol.asyncDispose]());
  await world.relay();
  const resolvers = {
    Resolved: {
      kept: ({ parent }: { parent: { id: unknown; f: unknown } }) => `${typeof parent.id} ${typeof parent.f}`,
    },
  };
  const bindings = bound(SCHEMA, resolvers);
  const codec = new CursorCodec(['secret']);
  const { metrics, deadLetters } = world;
  const parts = { bindings, hub: world.hub(), codec, metrics, deadLetters };
  const subscriptions = new Subscriptions({ ...parts, logger: loggerOf().logger });
  let id = 0;
  return {
    ...world,
    subscribe(field: string, select: string): TextClient {
      const client = new TextClient();
      const request = {
        document: parse(`subscription { it: ${field} { ${select} } }`),
        operationName: undefined,
        variables: {},
        identity: { claims: {}, expiresAt: undefined },
      };
      client.running = subscriptions.start(request, undefined, client);
      return client;
    },
    live: async () => (await metrics.live.get()).values[0]?.value ?? 0,
    say: (type: string, json: string) => {
      id += 1;
      const headers = { ce_specversion: '1.0', ce_id: `e-${id}`, ce_source: '/other', ce_type: type };
      const record = { topic: world.topic, key: null, headers, value: Buffer.from(json) };
      return world.log.append([record], AbortSignal.timeout(30_000));
    },
  };
}

const LONG = '1234567890123456789';

describe('integers beyond 2^53 in the data of events', () => {
  it('are shown with all their digits by ID, String and own scalars, as a double by Float, and as an error by Int', async () => {
    const stage = await openStage([]);
    const client = stage.subscribe('all', 'id ids text f long json');
    const wrong = stage.subscribe('all', 'n flag');
    await expect.poll(stage.live).toBe(2);
    await stage.say(
      'Said',
      `{"id":9007199254740993,"ids":[[${LONG},"a",1]],"text":${LONG},"n":${LONG},"f":9007199254740993,"flag":${LONG},
        "long":${LONG},"json":{"deep":[-${LONG},1.5]}}`,
    );
    await expect
      .poll(() => client.fields)
      .toEqual([
        `{"id":"9007199254740993","ids":[["${LONG}","a","1"]],"text":"${LONG}","f":9007199254740992,"long":${LONG},"json":{"deep":[-${LONG},1.5]}}`,
      ]);
    await expect.poll(() => wrong.texts).toHaveLength(1);
    expect(wrong.results[0]).toMatchObject({ data: { it: { n: null, flag: null } } });
    expect(wrong.results[0]?.errors).toHaveLength(2);
  });

  it('are shown the same where execution makes the result', async () => {
    const stage = await openStage([]);
    const client = stage.subscribe('resolved', 'id ids f long json kept');
    await expect.poll(stage.live).toBe(1);
    await stage.say(
      'Resolved',
      `{"id":${LONG},"ids":[[${LONG}]],"f":9007199254740993,"long":${LONG},"json":[${LONG}]}`,
    );
    await expect
      .poll(() => client.fields)
      .toEqual([
        `{"id":"${LONG}","ids":[["${LONG}"]],"f":9007199254740992,"long":${LONG},"json":[${LONG}],"kept":"bigint number"}`,
      ]);
  });

  it.each([
    [['id'], 'in the relay'],
    [[], 'on the node'],
  ])('are filtered by all their digits, with the index %o made %s', async (indexed) => {
    const stage = await openStage(indexed);
    const ids = ['9007199254740993', '9007199254740992', '9007199254740994'];
    const clients = [
      ...ids.map((id) => stage.subscribe(`of(id: "${id}")`, 'id')),
      ...ids.map((id) => stage.subscribe(`scanned(id: "${id}")`, 'id')),
    ];
    const end = stage.subscribe('of(id: "end")', 'id');
    await expect.poll(stage.live).toBe(7);
    for (const id of ids) await stage.say('Said', `{"id":${id}}`);
    for (const id of ids) await stage.say('Said', `{"id":"${id}"}`);
    await stage.say('Said', '{"id":"end"}');
    await expect.poll(() => end.fields).toHaveLength(1);
    const shown = [...ids, ...ids].map((id) => [`{"id":"${id}"}`, `{"id":"${id}"}`]);
    expect(clients.map(({ fields }) => fields)).toEqual(shown);
  });

  it('D10 an event that is nested too deeply to be read exactly becomes a dead letter, and others are shown', async () => {
    const stage = await openStage([]);
    const client = stage.subscribe('all', 'id');
    const filtered = stage.subscribe('of(id: "1")', 'id');
    await expect.poll(stage.live).toBe(2);
    await stage.say('Said', `{"id":${LONG},"json":${'['.repeat(50_000)}${']'.repeat(50_000)}}`);
    await stage.say('Said', '{"id":"1"}');
    await expect.poll(() => client.fields).toEqual(['{"id":"1"}']);
    await expect.poll(() => filtered.fields).toEqual(['{"id":"1"}']);
  });
});
