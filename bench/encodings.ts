import { randomUUID } from 'node:crypto';
import avsc from 'avsc';
import type { Message } from 'kafkajs';
import protobuf from 'protobufjs';
import { TEXT } from './said-event.js';

/** One way to write the same event. */
export interface EncodingUnderTest {
  /** The arguments of `@topic`, beside its name. */
  readonly declared: string;
  /** What the registry has under `SCHEMA_ID`. */
  readonly schema?: { readonly schema: string; readonly schemaType: 'AVRO' | 'PROTOBUF' | 'JSON' };
  message(room: string, n: number): Message;
}

export const SCHEMA_ID = 1;

const FRAME = Buffer.from([0, 0, 0, 0, SCHEMA_ID]);
const dataOf = (room: string, n: number) => ({ n, room, at: n + 0.5, text: TEXT });

const AVRO_SCHEMA = JSON.stringify({
  type: 'record',
  name: 'Said',
  fields: [
    { name: 'n', type: 'int' },
    { name: 'room', type: 'string' },
    { name: 'at', type: 'double' },
    { name: 'text', type: 'string' },
  ],
});
const avro = avsc.Type.forSchema(JSON.parse(AVRO_SCHEMA));

const PROTO =
  'syntax = "proto3"; message Said { int32 n = 1; string room = 2; double at = 3; string text = 4; }';
const proto = protobuf.parse(PROTO).root.lookupType('Said');
/** The first message of the file. */
const MESSAGE_INDEX = Buffer.from([0]);

const JSON_SCHEMA = JSON.stringify({
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'Said',
  type: 'object',
  properties: {
    n: { type: 'integer' },
    room: { type: 'string' },
    at: { type: 'number' },
    text: { type: 'string' },
  },
});

const CONNECT_FIELDS = [
  { type: 'int32', optional: false, field: 'n' },
  { type: 'string', optional: false, field: 'room' },
  { type: 'double', optional: false, field: 'at' },
  { type: 'string', optional: true, field: 'text' },
];
const CONNECT_SCHEMA = { type: 'struct', fields: CONNECT_FIELDS, optional: false, name: 'com.acme.Said' };

const framed = (room: string, payload: Uint8Array): Message => ({
  key: room,
  value: Buffer.concat([FRAME, payload]),
});

/** The same event of about 250 bytes in every way that `npm run bench -- decode` compares. */
export const ENCODINGS: Readonly<Record<string, EncodingUnderTest>> = {
  json: {
    declared: 'envelope: JSON',
    message: (room, n) => ({ key: room, value: JSON.stringify(dataOf(room, n)) }),
  },
  structured: {
    declared: 'envelope: CLOUDEVENTS',
    message: (room, n) => ({
      key: room,
      headers: { 'content-type': 'application/cloudevents+json; charset=UTF-8' },
      value: JSON.stringify({
        specversion: '1.0',
        id: randomUUID(),
        source: '/bench',
        type: 'Said',
        datacontenttype: 'application/json',
        time: '2026-01-31T09:30:00Z',
        data: dataOf(room, n),
      }),
    }),
  },
  connect: {
    declared: 'envelope: CONNECT',
    message: (room, n) => ({
      key: room,
      value: JSON.stringify({ schema: CONNECT_SCHEMA, payload: dataOf(room, n) }),
    }),
  },
  avro: {
    declared: 'envelope: JSON, value: AVRO',
    schema: { schema: AVRO_SCHEMA, schemaType: 'AVRO' },
    message: (room, n) => framed(room, avro.toBuffer(dataOf(room, n))),
  },
  protobuf: {
    declared: 'envelope: JSON, value: PROTOBUF',
    schema: { schema: PROTO, schemaType: 'PROTOBUF' },
    message: (room, n) =>
      framed(room, Buffer.concat([MESSAGE_INDEX, proto.encode(proto.fromObject(dataOf(room, n))).finish()])),
  },
  jsonSchema: {
    declared: 'envelope: JSON, value: JSON_SCHEMA',
    schema: { schema: JSON_SCHEMA, schemaType: 'JSON' },
    message: (room, n) => framed(room, Buffer.from(JSON.stringify(dataOf(room, n)))),
  },
};
