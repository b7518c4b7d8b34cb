import {
  type GraphQLLeafType,
  type GraphQLType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import { parseDateTime } from '../../core/date-time.js';
import { messageOf } from '../../core/errors.js';
import { own } from '../../core/own.js';
import { leafInput } from '../runtime/data-field.js';
import { decimalOf } from './decimal.js';
import { TEXTS_TYPE } from './record-shape.js';
import { celTypeOfScalar } from './scope.js';
import { type Shape, shapeOf } from './shape.js';
import { Timestamp } from './timestamp.js';

/** A value that its type cannot have, so that results show an error instead of it (D10). */
class InvalidValueError extends Error {
  override readonly name = 'InvalidValueError';
}

/** @param path what an error calls the value */
type Convert = (value: unknown, path: string) => unknown;

/**
 * The fields of one CEL variable, or of one object type, with how each is converted from JSON: by the result coercion
 * of its GraphQL type, so that expressions see what clients are shown, and then to CEL.
 */
export class MessageType {
  readonly #shape: Shape;
  readonly #converters: Map<GraphQLType, Convert>;

  constructor(shape: Shape, converters = new Map<GraphQLType, Convert>()) {
    this.#shape = shape;
    this.#converters = converters;
  }

  /** The value of a field, null for one that is absent. @throws {InvalidValueError} */
  convert(data: object, field: string, path: string): unknown {
    // The data's own members: every object inherits `constructor` and `toString`.
    const value = own(data as Readonly<Record<string, unknown>>, field); // An object has properties of any value.
    const type = this.#shape.get(field);
    return type === undefined ? jsonToCel(value) : this.#converter(type)(value, `${path}.${field}`);
  }

  #converter(type: GraphQLType): Convert {
    let convert = this.#converters.get(type);
    if (convert === undefined) {
      convert = converterOf(type, (shape) => new MessageType(shape, this.#converters));
      this.#converters.set(type, convert);
    }
    return convert;
  }
}

/**
 * An object of the schema as expressions see it. A field is converted when it is read first. Like a field of a
 * protobuf message, an absent one can be read: it is null.
 *
 * A `Map`, because cel-js reads the fields of a registered type through `get` then, and inherited properties otherwise.
 */
export class Message extends Map<string, unknown> {
  readonly #type: MessageType;
  /** JSON. */
  readonly data: object;
  readonly #path: string;

  constructor(type: MessageType, data: object, path: string) {
    super();
    this.#type = type;
    this.data = data;
    this.#path = path;
  }

  /** @throws {InvalidValueError} when the field has a value that its type cannot have, or lacks one that it must have */
  override get(field: string): unknown {
    const known = super.get(field);
    if (known !== undefined) return known;
    const value = this.#type.convert(this.data, field, this.#path);
    super.set(field, value);
    return value;
  }

  /** `has(message.field)`: it is there, and not null, as for a protobuf message that is read from JSON. */
  hasField(field: string): boolean {
    const data = this.data as Readonly<Record<string, unknown>>; // An object has properties of any value.
    return (own(data, field) ?? null) !== null;
  }
}

/** How a value of one type is converted. `messageType` of a type that contains itself is asked for when it is needed. */
export function converterOf(
  type: GraphQLType,
  messageType: (shape: Shape) => MessageType = (shape) => new MessageType(shape),
): Convert {
  if (isNonNullType(type)) {
    const convert = converterOf(type.ofType, messageType);
    return (value, path) => {
      if (value === undefined || value === null) throw new InvalidValueError(`${path} is missing`);
      return convert(value, path);
    };
  }
  const convert = nonNullConverterOf(type, messageType);
  return (value, path) => (value === undefined || value === null ? null : convert(value, path));
}

function nonNullConverterOf(type: GraphQLType, messageType: (shape: Shape) => MessageType): Convert {
  if (isListType(type)) {
    const convert = converterOf(type.ofType, messageType);
    return (value, path) => {
      if (!Array.isArray(value)) throw new InvalidValueError(`${path} is not a list`);
      return value.map((item, index) => convert(item, `${path}[${index}]`));
    };
  }
  if (isObjectType(type) || isInputObjectType(type)) {
    let nested: MessageType | undefined;
    return (value, path) => {
      if (typeof value !== 'object' || value === null)
        throw new InvalidValueError(`${path} is not an object`);
      nested ??= messageType(shapeOf(type));
      return new Message(nested, value, path);
    };
  }
  // Which type a value of a union or interface has, only the value says.
  return isLeafType(type) ? leaf(type) : jsonToCel;
}

function leaf(type: GraphQLLeafType): Convert {
  if (isEnumType(type)) return enumValue;
  const serialise = (value: unknown, path: string): unknown => {
    try {
      const isNumber = typeof value === 'bigint' || typeof value === 'number';
      return type.serialize(isNumber ? leafInput(type, value) : value);
    } catch (cause) {
      const reason = messageOf(cause);
      throw new InvalidValueError(`${path}: ${reason}`, { cause });
    }
  };
  switch (celTypeOfScalar(type)) {
    case 'int':
      return (value, path) => integer(serialise(value, path));
    case TEXTS_TYPE:
      // The caller that made the record has checked that the field is an object.
      return (value, path) => new Message(ANY_TEXT, value as object, path);
    case 'google.protobuf.Timestamp':
      return (value, path) => dateTime(String(serialise(value, path)), path);
    case 'Decimal':
      return (value, path) => decimalOf(serialise(value, path));
    case 'dyn':
      return (value, path) => jsonToCel(serialise(value, path));
    default:
      return serialise;
  }
}

/** What `Int`, `Long` and `BigInt` serialise to. */
const integer = (value: unknown): bigint => (typeof value === 'bigint' ? value : BigInt(Number(value)));

/** Texts by name: reading an absent text gives null. */
const ANY_TEXT = new MessageType(new Map());

/** A value that the enum does not have stays text: producers may know values that this schema does not. */
function enumValue(value: unknown, path: string): string {
  if (typeof value === 'string') return value;
  throw new InvalidValueError(`${path} is not the name of an enum value`);
}

function dateTime(text: string, path: string): Timestamp {
  const instant = parseDateTime(text);
  if (instant === undefined) throw new InvalidValueError(`${path} is not a DateTime`);
  return new Timestamp(instant, text);
}

/**
 * JSON that has no type in the schema: claims, and values of a project's own scalars. Objects become maps, which have
 * no inherited members; numbers are doubles.
 */
export function jsonToCel(value: unknown): unknown {
  if (value === undefined || value === null) return null;
  if (typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(jsonToCel);
  if (value instanceof Date) return dateTime(value.toISOString(), 'The date');
  return new Map(Object.entries(value).map(([name, item]) => [name, jsonToCel(item)]));
}
