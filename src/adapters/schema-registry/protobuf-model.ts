import protobuf from 'protobufjs';
import {
  type DataField,
  type DataModel,
  type DataType,
  type DataValue,
  ModelBuilder,
  scalar,
} from '../../core/data-model.js';
import { jsonNameOf } from './protobuf-json.js';

/** As `protobuf-json.ts` shows them. Unsigned integers of 32 bits exceed an `Int`, and those of 64 bits a `Long`. */
const SCALARS: Readonly<Record<string, DataType>> = {
  bool: scalar('Boolean'),
  string: scalar('String'),
  bytes: scalar('Bytes'),
  double: scalar('Float'),
  float: scalar('Float'),
  int32: scalar('Int'),
  sint32: scalar('Int'),
  sfixed32: scalar('Int'),
  uint32: scalar('Long'),
  fixed32: scalar('Long'),
  int64: scalar('Long'),
  sint64: scalar('Long'),
  sfixed64: scalar('Long'),
  uint64: scalar('BigInt'),
  fixed64: scalar('BigInt'),
};

const json = (because: string): DataType => ({ kind: 'json', because });

/** As `well-known-types.ts` shows them. */
const WELL_KNOWN: ReadonlyMap<string, DataType> = new Map([
  ['Timestamp', scalar('DateTime')],
  ['Duration', scalar('String')],
  ['Struct', json('a Struct is any JSON object')],
  ['Value', json('a Value is any JSON')],
  ['ListValue', json('a ListValue is any list')],
  ['StringValue', scalar('String')],
  ['BoolValue', scalar('Boolean')],
  ['Int32Value', scalar('Int')],
  ['UInt32Value', scalar('Long')],
  ['FloatValue', scalar('Float')],
  ['DoubleValue', scalar('Float')],
  ['Int64Value', scalar('Long')],
  ['UInt64Value', scalar('BigInt')],
  ['BytesValue', scalar('Bytes')],
]);

/** What messages look like as `protobufSerde` shows them. @param roots the messages that a record can be */
export function protobufModel(root: protobuf.Root, roots: readonly string[]): DataModel {
  const reader = new Reader();
  for (const name of roots) reader.object(root.lookupType(name));
  return reader.model.build(roots);
}

class Reader {
  readonly model = new ModelBuilder();

  object(type: protobuf.Type): DataType {
    return this.model.object(nameOf(type), type.comment ?? undefined, () =>
      type.fieldsArray.map((field) => this.#field(field.resolve())),
    );
  }

  #field(field: protobuf.Field): DataField {
    const named = { name: jsonNameOf(field), description: field.comment ?? undefined };
    const type = this.#typeOf(field);
    const inner: DataValue = { type, nullable: false };
    if (field instanceof protobuf.MapField)
      return { ...named, type: { kind: 'map', values: inner }, nullable: false };
    if (field.repeated) return { ...named, type: { kind: 'list', items: inner }, nullable: false };
    const isMessage = field.resolvedType instanceof protobuf.Type;
    return { ...named, type, nullable: field.hasPresence || field.partOf !== null || isMessage };
  }

  #typeOf({ type, resolvedType }: protobuf.Field): DataType {
    if (resolvedType instanceof protobuf.Enum)
      return this.model.enum({
        name: nameOf(resolvedType),
        description: resolvedType.comment ?? undefined,
        values: Object.keys(resolvedType.values),
      });
    if (!(resolvedType instanceof protobuf.Type)) return SCALARS[type] ?? json(`its type is ${type}`);
    const wellKnown = /^google\.protobuf\.(\w+)$/.exec(nameOf(resolvedType))?.[1];
    return (wellKnown === undefined ? undefined : WELL_KNOWN.get(wellKnown)) ?? this.object(resolvedType);
  }
}

const nameOf = ({ fullName }: protobuf.ReflectionObject): string => fullName.replace(/^\./, '');
