import protobuf from 'protobufjs';
import descriptor from 'protobufjs/ext/descriptor.js';
import type { DataModel } from '../../core/data-model.js';
import { isObject } from '../../core/envelope/json-object.js';
import { parseJson, stringifyJson } from '../../core/exact-json.js';
import { findMessage, type MessageName, namesIn, namesOfDescriptor, writeIndex } from './message-index.js';
import { MessageJson } from './protobuf-json.js';
import { protobufModel } from './protobuf-model.js';
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
export function protobufSerde(given: RegisteredSchema, references: readonly ImportedSchema[]): Serde {
  const { root, packageName, names } = loadFile(given, references);
  const messages = new Map<string, MessageJson>();
  const messageNamed = (name: string): MessageJson => {
    const message = messages.get(name) ?? new MessageJson(root.lookupType(name), messageNamed);
    messages.set(name, message);
    return message;
  };
  const messageAt = (payload: Buffer): { readonly message: MessageJson; readonly at: number } => {
    const { name, at } = findMessage(names, payload);
    return { message: messageNamed(packageName === '' ? name : `${packageName}.${name}`), at };
  };
  return {
    nameOf: (payload) => messageAt(payload).message.name,
    decode: (payload) => {
      const { message, at } = messageAt(payload);
      return Buffer.from(stringifyJson(message.decode(payload.subarray(at))));
    },
    encode: (type, json) => {
      const value = parseJson(json);
      if (!isObject(value)) throw new Error('the data is not an object');
      // Of several messages, that of the GraphQL type's name; otherwise the first.
      const position = Math.max(
        0,
        names.findIndex((one) => one.name === type),
      );
      const name = names[position]?.name;
      if (name === undefined) throw new Error('its schema has no message');
      const message = messageNamed(packageName === '' ? name : `${packageName}.${name}`);
      return Buffer.concat([writeIndex(position), message.encode(value)]);
    },
  };
}

/** What the messages of a file look like as JSON. A record can be any that stands at the file's top. */
export function modelOfProtobuf(given: RegisteredSchema, references: readonly ImportedSchema[]): DataModel {
  const { root, packageName, names } = loadFile(given, references);
  return protobufModel(
    root,
    names.map(({ name }) => (packageName === '' ? name : `${packageName}.${name}`)),
  );
}

/** A file and what it imports, with the names of its messages. */
function loadFile({ schema }: RegisteredSchema, references: readonly ImportedSchema[]) {
  const root = new protobuf.Root();
  const known = new Set(references.map(({ name }) => name));
  for (const one of references) addCommon(addFile(one.schema, root), root, known);
  const file = addFile(schema, root);
  addCommon(file, root, known);
  root.resolveAll();
  return { root, packageName: file.packageName, names: messageNames(schema) };
}

interface ProtoFile {
  readonly packageName: string;
  readonly imports: readonly string[];
}

/**
 * Adds a file to `root`, as it is in the registry: as text, or as a descriptor in base64, which serialisers for Python
 * register.
 */
function addFile(schema: string, root: protobuf.Root): ProtoFile {
  if (isDescriptor(schema)) return addDescriptor(descriptorOf(schema), root);
  const {
    package: packageName = '',
    imports,
    weakImports,
  } = protobuf.parse(schema, root, { keepCase: true });
  return { packageName: packageName ?? '', imports: [...(imports ?? []), ...(weakImports ?? [])] };
}

const isDescriptor = (schema: string): boolean => /^[A-Za-z0-9+/=\s]+$/.test(schema);

/** @see https://github.com/protocolbuffers/protobuf/blob/main/src/google/protobuf/descriptor.proto */
const descriptorOf = (schema: string) => descriptor.FileDescriptorProto.decode(Buffer.from(schema, 'base64'));

function addDescriptor(file: ReturnType<typeof descriptorOf>, root: protobuf.Root): ProtoFile {
  const { package: packageName = '', dependency, messageType, enumType } = file;
  const namespace = packageName === '' ? root : root.define(packageName);
  const context = { edition: file.syntax || 'proto2', keepCase: true };
  for (const one of messageType ?? []) namespace.add(protobuf.Type.fromDescriptor(one, context));
  for (const one of enumType ?? []) namespace.add(protobuf.Enum.fromDescriptor(one, context));
  return { packageName, imports: dependency ?? [] };
}

/** Adds what a file imports of protobuf's own files. */
function addCommon({ imports }: ProtoFile, root: protobuf.Root, known: ReadonlySet<string>): void {
  for (const name of imports) {
    if (known.has(name)) continue;
    const common = protobuf.common.get(name);
    if (common === null || common === undefined)
      throw new Error(`it imports ${name}, to which it has no reference in the registry`);
    if (common.nested !== undefined) root.addJSON(common.nested);
  }
}

/** The messages of a file alone, because an imported file may have the same package. */
function messageNames(schema: string): readonly MessageName[] {
  if (isDescriptor(schema)) return namesOfDescriptor(descriptorOf(schema).messageType ?? []);
  const root = new protobuf.Root();
  const { packageName } = addFile(schema, root);
  const top = packageName === '' ? root : root.lookup(packageName);
  return top instanceof protobuf.Namespace ? namesIn(top) : [];
}
