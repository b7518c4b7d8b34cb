import type { EncodedValue, SchemaCodec } from '../../src/core/schema-codec.js';
import { framed } from './framed-codec.js';

/**
 * A codec that needs a registry before it can encode or decode, as Avro's does. `away` says whether the registry
 * cannot be reached; `asked` has every question that it was asked.
 */
export function registryCodec() {
  const known = { types: new Set<string>(), ids: new Set<number>() };
  const registry = { away: false, asked: [] as string[] };
  const ask = async (question: string): Promise<void> => {
    registry.asked.push(question);
    await new Promise(setImmediate);
    if (registry.away) throw new Error('the registry cannot be reached');
  };
  const codec: SchemaCodec = {
    ...framed,
    encode(type, json) {
      if (!known.types.has(type)) throw new Error(`there is no schema for ${type}`);
      return framed.encode(type, json);
    },
    decode(type, value) {
      if (!known.ids.has(idOf(value) ?? -1))
        throw new Error('the value has no schema that the registry knows');
      return framed.decode(type, value);
    },
    async prepareEncode(types) {
      const missing = types.filter((type) => !known.types.has(type));
      if (missing.length > 0) await ask(`types ${missing.join(', ')}`);
      for (const type of missing) if (type === 'Said') known.types.add(type);
    },
    async prepareDecode(values: readonly EncodedValue[]) {
      const ids = new Set(values.flatMap(({ value }) => idOf(value) ?? []));
      const missing = [...ids].filter((id) => !known.ids.has(id));
      if (missing.length > 0) await ask(`ids ${missing.join(', ')}`);
      for (const id of missing) if (id === 7) known.ids.add(id);
    },
  };
  return { codec, registry };
}

/** The id of the schema that a value begins with; `undefined` when the value is not framed. */
const idOf = (value: Buffer): number | undefined =>
  value.length < 5 || value.readUInt8(0) !== 0 ? undefined : value.readUInt32BE(1);
