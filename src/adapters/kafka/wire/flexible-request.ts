import type { Broker, Decoder, Encoder } from './internal-types.js';
import { createDecoder, createEncoder, skipTags } from './internals.js';

/** A request of a flexible version (KIP-482), which kafkajs does not have. */
export interface FlexibleRequest<T> {
  readonly key: number;
  readonly version: number;
  readonly name: string;
  encode(body: Encoder): Encoder;
  /** Reads the answer, after the tagged fields of its header. */
  decode(body: Decoder): T;
}

/** Whether a broker has a version of a request. */
export function supports({ versions }: Broker, { key, version }: { key: number; version: number }): boolean {
  const range = versions?.[key];
  return range !== undefined && range.minVersion <= version && version <= range.maxVersion;
}

/**
 * Sends a request of a flexible version. Its header ends in tagged fields. kafkajs writes and reads headers without them, so
 * here they are the first byte of the body.
 */
export async function sendFlexible<T>(broker: Broker, request: FlexibleRequest<T>): Promise<T> {
  let found: { readonly answer: T } | undefined;
  await broker.connectionPool.send({
    request: {
      apiKey: request.key,
      apiVersion: request.version,
      apiName: request.name,
      encode: async () => request.encode(createEncoder().writeUVarInt(0)),
    },
    response: {
      decode: async (raw) => {
        const decoder = createDecoder(raw);
        skipTags(decoder);
        found = { answer: request.decode(decoder) };
        return { clientSideThrottleTime: 0 };
      },
      parse: async (data) => data,
    },
  });
  if (found === undefined) throw new Error(`Kafka sent no answer to ${request.name}`);
  return found.answer;
}

export function writeStrings(encoder: Encoder, texts: readonly string[]): Encoder {
  encoder.writeUVarInt(texts.length + 1);
  for (const text of texts) encoder.writeUVarIntString(text);
  return encoder;
}

/** An array of structures, each with its tagged fields. */
export function readStructs<T>(decoder: Decoder, read: (one: Decoder) => T): T[] {
  return (
    decoder.readUVarIntArray((one) => {
      const value = read(one);
      skipTags(one);
      return value;
    }) ?? []
  );
}

export const readText = (decoder: Decoder): string => decoder.readUVarIntString() ?? '';

/** Bytes whose length is a varint plus one. kafkajs's own method returns one byte too many. */
export function readCompactBytes(decoder: Decoder): Buffer {
  const size = decoder.readUVarInt();
  return size === 0 ? Buffer.alloc(0) : decoder.readBytes(size - 1);
}
