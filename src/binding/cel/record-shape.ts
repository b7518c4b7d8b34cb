import { GraphQLInt, GraphQLNonNull, GraphQLScalarType, GraphQLString, type GraphQLType } from 'graphql';
import type { Shape } from './shape.js';

// GraphQL reserves names that begin with two underscores, so no schema has a scalar of such a name.

/** An offset, which has up to 63 bits: CEL's `int`. */
const OFFSET = new GraphQLScalarType({ name: '__Offset' });
/** The CEL type of texts by name. */
export const TEXTS_TYPE = 'map<string, string>';
/** Texts by name, such as headers. */
const TEXTS = new GraphQLScalarType({ name: '__Texts' });
/** Any JSON. */
const JSON_VALUE = new GraphQLScalarType({ name: '__Json' });
/** RFC 3339: CEL's `timestamp`. */
const DATE_TIME = new GraphQLScalarType({ name: '__DateTime' });

const required = (type: GraphQLScalarType): GraphQLType => new GraphQLNonNull(type);

const OF_EVERY_RECORD: readonly (readonly [string, GraphQLType])[] = [
  ['key', GraphQLString],
  ['headers', required(TEXTS)],
  ['timestamp', required(DATE_TIME)],
  ['topic', required(GraphQLString)],
  ['partition', required(GraphQLInt)],
  ['offset', required(OFFSET)],
];

/** `record` in `@topic(event:)`: a record as its producer wrote it. */
export const WRITTEN_RECORD: Shape = new Map([...OF_EVERY_RECORD, ['value', required(JSON_VALUE)]]);

/** `record` in `filter` and `rule`: what an event keeps of its record. */
export const EVENT_RECORD: Shape = new Map([
  ...OF_EVERY_RECORD,
  ['id', required(GraphQLString)],
  ['source', required(GraphQLString)],
  ['type', required(GraphQLString)],
  ['subject', GraphQLString],
  ['time', required(DATE_TIME)],
  ['correlationId', GraphQLString],
  ['causationId', GraphQLString],
  ['extensions', required(TEXTS)],
]);

/** `record` in a filter over all records of a topic, some of which are no events. */
export const FILTERED_RECORD: Shape = new Map([
  ...OF_EVERY_RECORD,
  ...['id', 'source', 'type', 'subject', 'correlationId', 'causationId'].map(
    (name) => [name, GraphQLString] as const,
  ),
  ['time', DATE_TIME],
]);

/** `event` where no schema describes it: any JSON. */
export const ANY_EVENT: GraphQLType = required(JSON_VALUE);

/** Whether a value of the type is texts by name. */
export const isTexts = (type: GraphQLType): boolean => String(type).replace('!', '') === TEXTS.name;
