import protobuf from 'protobufjs';
import { isObject } from '../../core/envelope/json-object.js';
import { parseJson, stringifyJson } from '../../core/exact-json.js';
import { MessageJson } from './protobuf-json.js';
import type { RegisteredSchema } from './registry-client.js';
import type { Serde } from './serde.js';

/** A `.proto` file of the registry, by the name by which others import it. */
type ImportedSchema = RegisteredSchema & { readonly name: string };

/**
 * A `.proto` file. Messages become JSON by Protocol Buffers' JSON mapping (names in lowerCamelCase, enum values by name, bytes in
 * base64, well-known types as their JSON), except that 64-bit integers are numbers, exactly.
 * @param references the files that it imports, each after those that it imports itself
 * @throws {Error} that says why the schema cannot be used
 * @see https://protobuf.dev/programming-guides/json/
 */
export function protobufSerde({ schema }: RegisteredSchema, references: readonly ImportedSchema[]): Serde {
  const root = new protobuf.Root();
  const known = new Set(references.map(({ name }) => name));
  for (const { schema: file } of references) parse(file, root, known);
  const { package: packageName } = parse(schema, root, known);
  root.resolveAll();
  // Alone in a root of its own, because an imported file may have the same package.
  const names = messageNames(schema);
  const messages = new Map<string, MessageJson>();
  const messageNamed = (name: string): MessageJson => {
    const message = messages.get(name) ?? new MessageJson(root.lookupType(name), messageNamed);
    messages.set(name, message);
    return message;
  };
  const messageAt = (payload: Buffer): { readonly message: MessageJson; readonly at: number } => {
    const { indexes, at } = readIndexes(payload);
    const name = nameAt(names, indexes);
    return { message: messageNamed(packageName ? `${packageName}.${name}` : name), at };
  };
  return {
    nameOf: (payload) => messageAt(payload).message.name,
    decode: (payload) => {
      const { message, at } = messageAt(payload);
      return Buffer.from(stringifyJson(message.decode(payload.subarray(at))));
    },
    encode: (type, json) => {
      const value = parseJson(json);
      if (!isObject(value)) throw new Error('the data is no object');
      // Of several messages, the one that the GraphQL type is named after; otherwise the first.
      const position = Math.max(
        0,
        names.findIndex(({ name }) => name === type),
      );
      const name = nameAt(names, [position]);
      const message = messageNamed(packageName ? `${packageName}.${name}` : name);
      return Buffer.concat([writeIndex(position), message.encode(value)]);
    },
  };
}

function parse(file: string, root: protobuf.Root, known: ReadonlySet<string>): protobuf.IParserResult {
  const parsed = protobuf.parse(file, root, { keepCase: true });
  for (const name of [...(parsed.imports ?? []), ...(parsed.weakImports ?? [])]) {
    if (known.has(name)) continue;
    const common = protobuf.common.get(name);
    if (common === null || common === undefined)
      throw new Error(`it imports ${name}, to which it has no reference in the registry`);
    if (common.nested !== undefined) root.addJSON(common.nested);
  }
  return parsed;
}

/** Messages in the order of the file, with those inside of them. */
interface MessageName {
  readonly name: string;
  readonly nested: readonly MessageName[];
}

function messageNames(file: string): readonly MessageName[] {
  const { root, package: packageName } = protobuf.parse(file, new protobuf.Root(), { keepCase: true });
  const top = packageName ? root.lookup(packageName) : root;
  return top instanceof protobuf.Namespace ? namesIn(top) : [];
}

function namesIn(namespace: protobuf.NamespaceBase): readonly MessageName[] {
  return namespace.nestedArray.flatMap((one) =>
    one instanceof protobuf.Type ? [{ name: one.name, nested: namesIn(one) }] : [],
  );
}

function nameAt(names: readonly MessageName[], indexes: readonly number[]): string {
  let level = names;
  const path: string[] = [];
  for (const index of indexes) {
    const found = level[index];
    if (found === undefined) throw new Error(`its schema has no message ${indexes.join(', ')}`);
    path.push(found.name);
    level = found.nested;
  }
  return path.join('.');
}

/** D10: no file has messages in so many levels. */
const MAX_INDEXES = 100;

/** The index of the message: a number of levels, then an index for each. A zero alone means the first message. */
function readIndexes(payload: Buffer): { readonly indexes: readonly number[]; readonly at: number } {
  const reader = protobuf.Reader.create(payload);
  const count = reader.sint32();
  if (count < 0 || count > MAX_INDEXES) throw new Error(`the index of its message has ${count} levels`);
  const indexes = count === 0 ? [0] : Array.from({ length: count }, () => reader.sint32());
  return { indexes, at: reader.pos };
}

function writeIndex(position: number): Uint8Array {
  const writer = protobuf.Writer.create();
  return position === 0 ? writer.sint32(0).finish() : writer.sint32(1).sint32(position).finish();
}
