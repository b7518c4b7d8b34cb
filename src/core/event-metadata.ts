import { subjectOfKey } from './key-format.js';
import { own } from './own.js';
import type { Headers } from './record.js';

/**
 * What fields of the schema read of the records of a topic, beside what every event has. Its events carry it, and nothing
 * else: headers may be secret, and every one of them would travel to each node.
 */
export interface MetadataNames {
  readonly headers: readonly string[];
  /** Attributes of CloudEvents: extensions, and `subject`. */
  readonly attributes: readonly string[];
}

/** Values by name; null for what the record does not have. A name without an entry was not read: it may have any value. */
export interface EventMetadata {
  readonly headers: Readonly<Record<string, string | null>>;
  readonly attributes: Readonly<Record<string, string | null>>;
}

/** A header's value as text: different values are different texts, as with keys. */
export function shownHeader(value: string): string {
  return subjectOfKey(undefined, value);
}

/** @param members the attributes of a CloudEvent in structured mode, by name; otherwise headers have them */
export function metadataOf(
  headers: Headers,
  names: MetadataNames,
  members?: Readonly<Record<string, unknown>>,
): EventMetadata {
  const attribute = (name: string): string | null =>
    members === undefined ? shown(own(headers, `ce_${name}`)) : memberText(own(members, name));
  return {
    headers: entries(names.headers, (name) => shown(own(headers, name))),
    attributes: entries(names.attributes, attribute),
  };
}

const entries = (names: readonly string[], textOf: (name: string) => string | null) =>
  Object.fromEntries(names.map((name) => [name, textOf(name)]));

const shown = (value: string | undefined): string | null => (value === undefined ? null : shownHeader(value));

/** An extension may be a boolean or an integer as well (JSON event format, section 2.2): as its header would be. */
function memberText(value: unknown): string | null {
  return typeof value === 'string' ||
    typeof value === 'boolean' ||
    typeof value === 'number' ||
    typeof value === 'bigint'
    ? String(value)
    : null;
}

/**
 * Whether an event carries all of `names`. If not, its relay runs with another version of the schema: the record itself has
 * to be read.
 */
export function carries(
  metadata: EventMetadata | undefined,
  { headers, attributes }: MetadataNames,
): boolean {
  return (
    metadata !== undefined &&
    headers.every((name) => Object.hasOwn(metadata.headers, name)) &&
    attributes.every((name) => Object.hasOwn(metadata.attributes, name))
  );
}

/** How many characters an event carries beside its attributes and its data. */
export function metadataLength(metadata: EventMetadata | undefined): number {
  if (metadata === undefined) return 0;
  let length = 0;
  for (const values of [metadata.headers, metadata.attributes])
    for (const name in values) length += name.length + (values[name]?.length ?? 0);
  return length;
}
