import { randomUUID } from 'node:crypto';
import { textOfBytes } from '../core/byte-text.js';
import { idMarkOf } from '../core/envelope/id-mark.js';
import { recordKey } from '../core/envelope/record-key.js';
import { isReadAsStructured } from '../core/envelope/structured.js';
import { messageOf } from '../core/errors.js';
import { parseJsonText } from '../core/exact-json.js';
import { KeyFormatError } from '../core/key-format.js';
import { type Header, headersFrom, headersOf, type NewRecord } from '../core/record.js';
import { DEFAULT_FORMAT, type TopicFormat } from '../core/topic-format.js';
import type { DeadLetter } from './dead-letter.js';

/** A key or value as somebody writes it. */
export type EditedBytes =
  /** UTF-8. Of a key: as it is shown, in the format that the topic declares. */
  | { readonly kind: 'TEXT'; readonly text: string }
  /** Of a value: JSON that the topic's codec encodes. */
  | { readonly kind: 'DATA'; readonly text: string }
  | { readonly kind: 'BASE64'; readonly text: string }
  | { readonly kind: 'NONE' };

/** What is changed of a record. What is left out stays as it was. */
export interface RecordEdit {
  readonly key?: EditedBytes | undefined;
  readonly value?: EditedBytes | undefined;
  /** All headers, in their order. */
  readonly headers?: readonly Header[] | undefined;
  /**
   * Gives the event another id. A consumer that remembers the old id then takes the copy for a new event and acts on it. With the
   * same id it skips the copy.
   */
  readonly newId?: boolean | undefined;
}

/** An edit that makes no record: what is wrong with it, in words. */
export class EditError extends Error {
  override readonly name = 'EditError';
}

/** The position of the record that an edited one replaces. */
const EDITED_FROM_HEADER = 'millrace-edited-from';

/**
 * The corrected copy of a record. It stays in its partition unless its key changes.
 * @param record what would be put back without the edit
 * @throws {EditError} when the edit cannot be encoded for the topic
 * @throws when the schema registry is away
 */
export async function editedRecord(
  letter: DeadLetter,
  record: NewRecord,
  edit: RecordEdit,
  format: TopicFormat = DEFAULT_FORMAT,
  signal: AbortSignal,
): Promise<NewRecord> {
  const given = edit.headers ?? withSubject(headersOf(record), edit.key);
  const kept = given.filter(([name]) => name !== EDITED_FROM_HEADER);
  const identified = edit.newId === true ? withNewId(kept) : kept;
  const headers = [...identified, [EDITED_FROM_HEADER, letter.originName] as const];
  const key = edit.key === undefined ? record.key : editedKey(edit.key, format);
  const value =
    edit.value === undefined
      ? record.value
      : await editedValue(edit.value, headersFrom(headers), format, signal);
  const encoded = edit.value?.kind === 'DATA' ? headers.filter(([name]) => !SCHEMA_IDS.has(name)) : headers;
  const edited = { key, ...headersFrom(encoded), value };
  // Of a letter that has lost its headers, nobody knows what they were.
  if (!letter.dropped.has('headers')) checkMark(record, edited);
  const { topic, partition } = record;
  // The record of another key belongs where the topic's producers put that key.
  if (key !== record.key) {
    const { partitioner } = format;
    return {
      topic,
      ...edited,
      ...(partitioner === undefined || partitioner === 'NONE' ? {} : { partitioner }),
    };
  }
  return partition === undefined ? { topic, ...edited } : { topic, partition, ...edited };
}

type Marked = Parameters<typeof idMarkOf>[0];

/** The codec writes the id of its schema in front of the value. */
const SCHEMA_IDS: ReadonlySet<string> = new Set(['__value_schema_id', 'apicurio.value.contentId']);

/**
 * D1: a consumer that remembers ids takes a later event with a marked id for a retry, and skips it. So a mark under another id
 * would silence an event that is still to come.
 * @throws {EditError}
 */
function checkMark(before: Marked, after: Marked): void {
  const was = idMarkOf(before);
  const now = idMarkOf(after);
  if (now.mark === undefined || (now.mark === was.mark && now.id === was.id)) return;
  throw new EditError(
    isReadAsStructured(after.headers)
      ? 'The attribute idempotent in the value says that id follows from an idempotency key, which only the gateway can say. Leave both as they were, or remove idempotent.'
      : 'The header ce_idempotent says that ce_id follows from an idempotency key, which only the gateway can say. Leave both as they were, or remove ce_idempotent.',
  );
}

/** The subject that the record names beside its key is the key. */
function withSubject(headers: readonly Header[], key: EditedBytes | undefined): readonly Header[] {
  if (key?.kind !== 'TEXT') return headers;
  return headers.map(([name, value]): Header => [name, name === 'ce_subject' ? key.text : value]);
}

function withNewId(headers: readonly Header[]): readonly Header[] {
  if (!headers.some(([name]) => name === 'ce_id'))
    throw new EditError(
      'The record has no header ce_id, so its id is part of its value or its position. Edit that instead.',
    );
  const id = randomUUID();
  return headers.flatMap(([name, value]): Header[] => {
    if (name === 'ce_id') return [[name, id]];
    // The new id follows from no idempotency key.
    return name === 'ce_idempotent' ? [] : [[name, value]];
  });
}

function editedKey(key: EditedBytes, format: TopicFormat): string | null {
  if (key.kind === 'NONE') return null;
  if (key.kind === 'BASE64') return textOfBytes(bytesOf(key.text, 'key'));
  try {
    return recordKey(format, key.text);
  } catch (error) {
    if (error instanceof KeyFormatError)
      throw new EditError(`The key is not one of its topic: ${error.message}.`);
    throw error;
  }
}

async function editedValue(
  value: EditedBytes,
  { headers }: Pick<NewRecord, 'headers'>,
  format: TopicFormat,
  signal: AbortSignal,
): Promise<Buffer | null> {
  if (value.kind === 'NONE') return null;
  if (value.kind === 'BASE64') return bytesOf(value.text, 'value');
  const bytes = Buffer.from(value.text);
  if (value.kind === 'TEXT' || format.codec === undefined) return bytes;
  try {
    parseJsonText(value.text);
  } catch (error) {
    throw new EditError(`The value is not JSON: ${messageOf(error)}`);
  }
  const type = format.type ?? headers['ce_type'] ?? '';
  await format.codec.prepareEncode?.([type], signal);
  try {
    return format.codec.encode(type, bytes);
  } catch (error) {
    throw new EditError(
      `The value cannot be encoded as ${type || 'the topic declares'}: ${messageOf(error)}`,
    );
  }
}

function bytesOf(text: string, what: string): Buffer {
  const plain = text.replace(/\s+/g, '');
  const bytes = Buffer.from(plain, 'base64');
  const isBase64 = bytes.toString('base64').replace(/=+$/, '') === plain.replace(/=+$/, '');
  if (!isBase64) throw new EditError(`The ${what} is not base64.`);
  return bytes;
}
