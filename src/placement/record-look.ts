import { isFramed, shapeOf } from '../core/envelope/detect.js';
import { isObject, parseExact } from '../core/envelope/json-object.js';
import type { LogRecord } from '../core/record.js';
import type { TopicFormat } from '../core/topic-format.js';

/** What a record looks like that is not, or not quite, as its topic is declared. */
export interface RecordLook {
  /** In words, for several records. */
  readonly label: string;
  /** The argument of `@topic` that fits it. */
  readonly write: string;
}

const FRAMED: RecordLook = {
  label: 'values that begin with the id of a registered schema',
  write: 'value: AVRO (or PROTOBUF, or JSON_SCHEMA)',
};

/**
 * What to write for a record. `undefined`: it looks as declared, or like nothing that can be declared.
 * @param isEvent whether it was decoded. Then it may still be shown with its envelope around it
 */
export function lookOf(record: LogRecord, format: TopicFormat, isEvent: boolean): RecordLook | undefined {
  const { value } = record;
  // Expressions say where the parts are: no envelope does.
  if (value === null || format.mapping !== undefined) return undefined;
  if (isFramed(record)) return format.codec === undefined ? FRAMED : undefined;
  const parsed = parseExact(value);
  if (typeof parsed === 'string') return undefined;
  const { json } = parsed;
  const { envelope, label } = shapeOf(record, json);
  // Mutations write the headers of a CloudEvent to topics of plain JSON too.
  const isWrapped = format.kind === 'JSON' && isObject(json) && 'schema' in json && 'payload' in json;
  if (envelope === format.kind || (isEvent && !(isWrapped && envelope !== 'CLOUDEVENTS'))) return undefined;
  return { label, write: `envelope: ${envelope}` };
}
