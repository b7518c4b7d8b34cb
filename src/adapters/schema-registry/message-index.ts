import protobuf from 'protobufjs';
import type descriptor from 'protobufjs/ext/descriptor.js';

/** A message of a file, with those inside of it, in the order of the file. */
export interface MessageName {
  readonly name: string;
  readonly nested: readonly MessageName[];
  /** The message that a descriptor has for the entries of a map. Files in text do not have it. */
  readonly isMapEntry: boolean;
}

/** The messages of a file in text. */
export function namesIn(namespace: protobuf.NamespaceBase): readonly MessageName[] {
  return namespace.nestedArray.flatMap((one) =>
    one instanceof protobuf.Type ? [{ name: one.name, nested: namesIn(one), isMapEntry: false }] : [],
  );
}

/** The messages of a file in a descriptor. `protobuf.Type` would leave out the entries of maps, which have an index too. */
export function namesOfDescriptor(messages: readonly descriptor.IDescriptorProto[]): readonly MessageName[] {
  return messages.map(({ name, nestedType, options }) => ({
    name: name ?? '',
    nested: namesOfDescriptor(nestedType ?? []),
    isMapEntry: options?.mapEntry === true,
  }));
}

/** Which message of its file a payload is, and where that message begins. */
export interface FoundMessage {
  /** Without the package: `Order.Line`. */
  readonly name: string;
  readonly at: number;
}

/** @throws {Error} when the file has no such message */
export function findMessage(names: readonly MessageName[], payload: Buffer): FoundMessage {
  return namedMessage(names, payload) ?? indexedMessage(names, payload);
}

/** The tag of the first field, a text. */
const NAME_TAG = 0x0a;

/**
 * Apicurio's serialisers write the name of the message instead of its index unless `send-type-ref` is off: a message
 * `Ref { string name = 1 }` after its length. An index cannot look like this: its bytes would spell the name of a message.
 */
function namedMessage(names: readonly MessageName[], payload: Buffer): FoundMessage | undefined {
  const [length = 0, tag, nameLength] = payload;
  if (tag !== NAME_TAG || nameLength !== length - 2 || length >= 0x80) return undefined;
  const name = payload.toString('utf8', 3, 1 + length);
  return names.some((one) => one.name === name) ? { name, at: 1 + length } : undefined;
}

/** D10: no file nests messages so deeply. */
const MAX_INDEXES = 100;

/** Confluent's index: a number of levels, then an index for each. A zero alone means the first message. */
function indexedMessage(names: readonly MessageName[], payload: Buffer): FoundMessage {
  const reader = protobuf.Reader.create(payload);
  const count = reader.sint32();
  if (count < 0 || count > MAX_INDEXES) throw new Error(`the index of its message has ${count} levels`);
  const indexes = count === 0 ? [0] : Array.from({ length: count }, () => reader.sint32());
  let level = names;
  const path: string[] = [];
  for (const index of indexes) {
    const found = messageAt(level, index);
    if (found === undefined) throw new Error(`its schema has no message ${indexes.join(', ')}`);
    path.push(found.name);
    level = found.nested;
  }
  return { name: path.join('.'), at: reader.pos };
}

/**
 * Confluent's client for Python counts the entries of maps; its client for JavaScript does not. No value is a map entry, so
 * an index that points to an entry comes from the client for JavaScript.
 */
function messageAt(level: readonly MessageName[], index: number): MessageName | undefined {
  const found = level[index];
  return found?.isMapEntry === true ? level.filter(({ isMapEntry }) => !isMapEntry)[index] : found;
}

/** The index of a message that is not nested in another. */
export function writeIndex(position: number): Uint8Array {
  const writer = protobuf.Writer.create();
  return position === 0 ? writer.sint32(0).finish() : writer.sint32(1).sint32(position).finish();
}
