import { parse } from 'graphql';
import { describe, expect, it, onTestFinished } from 'vitest';
import { avroSerde } from '../../src/adapters/schema-registry/avro.js';
import { RegistryClient } from '../../src/adapters/schema-registry/registry-client.js';
import { RegistryCodec } from '../../src/adapters/schema-registry/registry-codec.js';
import { SchemaCache } from '../../src/adapters/schema-registry/schema-cache.js';
import { frame } from '../../src/adapters/schema-registry/wire-format.js';
import { textOfBytes } from '../../src/core/byte-text.js';
import { CursorCodec } from '../../src/core/cursor.js';
import { partition } from '../../src/core/ids.js';
import type { Encoding, TopicFormat } from '../../src/core/topic-format.js';
import { readDeadLetter } from '../../src/dead-letters/dead-letter.js';
import { Subscriptions } from '../../src/subscribe/subscriptions.js';
import { FakeRegistry } from '../adapters/schema-registry/fake-registry.js';
import { bound } from '../binding/schema.js';
import { loggerOf } from '../support/logger.js';
import { openWorld } from '../support/world.js';
import { Client } from './stage.js';

const { signal } = new AbortController();
const SCHEMA_ID = 7;

const branch = (name: string) => ({ type: 'record', name, fields: [{ name: 'x', type: 'int' }] });
const AVRO = JSON.stringify({
  type: 'record',
  name: 'Said',
  fields: [
    { name: 'n', type: 'long' },
    { name: 'what', type: ['null', branch('One'), branch('Two'), branch('Three')], default: null },
    { name: 'day', type: ['null', { type: 'int', logicalType: 'date' }], default: null },
  ],
});
const PROTO = 'syntax = "proto3"; message Said { int64 n = 1; }';
const JSON_SCHEMA = JSON.stringify({ type: 'object' });

const avro = (json: string): Buffer =>
  frame(
    SCHEMA_ID,
    avroSerde({ schema: AVRO, schemaType: 'AVRO', references: [] }, []).encode('Said', Buffer.from(json)),
  );
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

/** Beside what the world has: a registry with one schema, and a subscription to everything. */
async function openStage(encoding: Encoding | 'CONNECT' | 'CONNECT_KEY') {
  const registry = await FakeRegistry.start();
  const client = new RegistryClient({ url: registry.url });
  const schemas = { AVRO, PROTOBUF: PROTO, JSON_SCHEMA, CONNECT: '', CONNECT_KEY: '' };
  const schemaType = encoding === 'JSON_SCHEMA' ? 'JSON' : encoding;
  registry.has(SCHEMA_ID, schemas[encoding], { schemaType });
  const codecOf = (one: Encoding) => new RegistryCodec(one, 'said-value', new SchemaCache(client));
  const format: Partial<TopicFormat> = {
    type: 'Said',
    kind: encoding === 'CONNECT' ? 'CONNECT' : 'JSON',
    ...(encoding === 'CONNECT_KEY' && { key: 'CONNECT' }),
    ...(encoding !== 'CONNECT' && encoding !== 'CONNECT_KEY' && { codec: codecOf(encoding) }),
  };
  const world = await openWorld({ format });
  onTestFinished(async () => {
    await world[Symbol.asyncDispose]();
    client[Symbol.dispose]();
    await registry[Symbol.asyncDispose]();
  });
  await world.relay();
  const bindings = bound(`
    extend schema @topic(name: "said", envelope: JSON)
    type Query { ok: Boolean }
    type One { x: Int }
    type Two { x: Int }
    union Thing = One | Two
    type Said { n: Int! what: Thing! }
    type Subscription { said: Said! @subscribe(topic: "said") }`);
  const { metrics, deadLetters } = world;
  const parts = { bindings, hub: world.hub(), codec: new CursorCodec(['secret']), metrics, deadLetters };
  const subscriptions = new Subscriptions({ ...parts, logger: loggerOf().logger });
  const subscriber = new Client();
  const what = encoding === 'AVRO' ? 'what { __typename }' : '';
  const document = parse(`subscription { it: said { n ${what} } }`);
  const identity = { claims: {}, expiresAt: undefined };
  const request = { document, operationName: undefined, variables: {}, identity };
  subscriber.running = subscriptions.start(request, undefined, subscriber);
  await expect.poll(async () => (await metrics.live.get()).values[0]?.value).toBe(1);
  return { ...world, subscriber };
}

const GOOD: Readonly<Record<string, Buffer>> = {
  AVRO: avro('{"n":1,"what":{"__typename":"One","x":1}}'),
  PROTOBUF: hex('00 00000007 00 0801'),
  JSON_SCHEMA: Buffer.concat([hex('00 00000007'), Buffer.from('{"n":1}')]),
  CONNECT: Buffer.from('{"schema":null,"payload":{"n":1}}'),
  CONNECT_KEY: Buffer.from('{"n":1}'),
};
const CONNECT_DATE = { type: 'int32', name: 'org.apache.kafka.connect.data.Date', field: 'day' };

/** A value of Kafka Connect with one field. @param json its payload */
const connect = (field: object, json: string): Buffer =>
  Buffer.from(`{"schema":${JSON.stringify({ type: 'struct', fields: [field] })},"payload":{"day":${json}}}`);

/** One row for each kind of bad input: what it is, the value, and the dead letter that it becomes. */
const ROWS: readonly (readonly [string, Parameters<typeof openStage>[0], Buffer, string, RegExp])[] = [
  ['an unknown magic byte', 'AVRO', hex('02 00000007 02'), 'data', /begins with the byte 2, not with the id/],
  ['plain JSON', 'AVRO', Buffer.from('{"n":1}'), 'data', /begins with the byte 123, not with the id/],
  ['an empty value', 'AVRO', Buffer.alloc(0), 'data', /the value is empty/],
  ['half an id', 'AVRO', hex('00 0000'), 'data', /begins with the byte 0, not with the id/],
  ['a schema id that the registry does not know', 'AVRO', hex('00 00000009 02'), 'data', /has no schema 9/],
  ['a truncated record of Avro', 'AVRO', GOOD['AVRO']?.subarray(0, -1) ?? hex(''), 'data', /truncated/],
  [
    'a record of Avro with more behind it',
    'AVRO',
    Buffer.concat([avro('{"n":1}'), hex('00')]),
    'data',
    /trailing/,
  ],
  [
    'a branch that its union lacks',
    'AVRO',
    hex('00 00000007 02 0e 00'),
    'data',
    /cannot be decoded: .*(union|branch|index)/,
  ],
  [
    'a union branch that GraphQL lacks',
    'AVRO',
    avro('{"n":1,"what":{"__typename":"Three","x":1}}'),
    'execution',
    /Three/,
  ],
  ['a number that does not fit', 'AVRO', avro('{"n":9007199254740993}'), 'execution', /Int cannot represent/],
  ['a date beyond the year 9999', 'AVRO', hex('00 00000007 02 00 02 82848ce602'), 'data', /years 0 to 9999/],
  [
    'a message index that its file lacks',
    'PROTOBUF',
    hex('00 00000007 020a 0801'),
    'data',
    /has no message 5/,
  ],
  ['too many message indexes', 'PROTOBUF', hex('00 00000007 ffffffff0f'), 'data', /levels/],
  ['a truncated message', 'PROTOBUF', hex('00 00000007 00 0880'), 'data', /index out of range/],
  [
    'JSON that is none behind its schema',
    'JSON_SCHEMA',
    Buffer.concat([hex('00 00000007'), Buffer.from('{')]),
    'data',
    /not JSON/,
  ],
  [
    'a date beyond the year 9999 of Connect',
    'CONNECT',
    Buffer.from(
      JSON.stringify({ schema: { type: 'struct', fields: [CONNECT_DATE] }, payload: { day: 2_932_897 } }),
    ),
    'data',
    /^day is 2932897, and org.apache.kafka.connect.data.Date/,
  ],
  [
    'a date beyond all dates of Connect',
    'CONNECT',
    connect(CONNECT_DATE, '99999999999999999'),
    'data',
    /^day is 99999999999999999, and org.apache.kafka.connect.data.Date: it is not a time/,
  ],
  [
    'a decimal whose value and scale do not fit',
    'CONNECT',
    connect(
      { type: 'struct', name: 'io.debezium.data.VariableScaleDecimal', field: 'day' },
      '{"scale":5000,"value":"AA==","toString":1}',
    ),
    'data',
    /^day is an object, and io.debezium.data.VariableScaleDecimal: the scale/,
  ],
  [
    'a decimal whose schema has a scale that does not fit',
    'CONNECT',
    connect(
      {
        type: 'bytes',
        name: 'org.apache.kafka.connect.data.Decimal',
        parameters: { scale: '5000' },
        field: 'day',
      },
      '12345678901234567890',
    ),
    'data',
    /^day is 12345678901234567890, and org.apache.kafka.connect.data.Decimal: the scale/,
  ],
  ['no envelope', 'CONNECT', Buffer.from('{"n":1}'), 'envelope', /not {"schema", "payload"}/],
];

describe('bad input', () => {
  it.each(ROWS)(
    'D10 with %s (%s) is a dead letter that names it, byte for byte, and the partition goes on',
    async (_what, encoding, value, kind, reason) => {
      const { log, topic, subscriber, letters } = await openStage(encoding);
      const append = (bytes: Buffer) => log.append([{ topic, key: 'k', headers: {}, value: bytes }], signal);
      const headers = { own: 'header' };
      await log.append([{ topic, key: 'k', headers, value }], signal);
      await append(GOOD[encoding] ?? hex(''));
      await expect.poll(() => subscriber.data.at(-1), { timeout: 20_000 }).toMatchObject({ n: 1 });
      await expect.poll(letters, { timeout: 20_000 }).toHaveLength(1);
      const [record] = await letters();
      const at = { topic, partition: partition(0) };
      const letter = record && readDeadLetter(at, record);
      expect(letter).toMatchObject({ kind, reason: expect.stringMatching(reason) });
      expect(letter?.record).toMatchObject({ key: 'k', value, headers });
      expect(letter?.origin.offset).toBe(0);
    },
  );

  it('D10 with a key that is none of its format is a dead letter that names it, and the partition goes on', async () => {
    const { log, topic, subscriber, letters } = await openStage('CONNECT_KEY');
    const keys = [Buffer.from('{"id":1}'), Buffer.from('{"schema":null,"payload":"k"}')].map((key) =>
      textOfBytes(key),
    );
    for (const key of keys)
      await log.append([{ topic, key, headers: {}, value: GOOD['CONNECT_KEY'] ?? hex('') }], signal);
    await expect.poll(() => subscriber.data).toHaveLength(1);
    const [record] = await letters();
    expect(record?.key).toBe(keys[0]);
    expect(record && readDeadLetter({ topic, partition: partition(0) }, record)).toMatchObject({
      kind: 'key',
      reason: expect.stringMatching(/^the key is not CONNECT: it is not {"schema", "payload"}/),
    });
  });
});
