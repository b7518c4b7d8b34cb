import type { DataModel, DataType, DataValue, ObjectModel, ScalarName } from './data-model.js';

const SCALARS: Readonly<Record<ScalarName, object>> = {
  Boolean: { type: 'boolean' },
  Int: { type: 'integer' },
  Long: { type: 'integer' },
  BigInt: { type: 'integer' },
  Float: { type: 'number' },
  Decimal: { type: 'string' },
  String: { type: 'string' },
  DateTime: { type: 'string', format: 'date-time' },
  Date: { type: 'string', format: 'date' },
  Time: { type: 'string' },
  LocalDateTime: { type: 'string' },
  UUID: { type: 'string', format: 'uuid' },
  Bytes: { type: 'string', contentEncoding: 'base64' },
};

/**
 * JSON Schemas (draft-07) of the objects of a model, by their names.
 * @param refTo the `$ref` of an object's schema
 */
export function jsonSchemasOf(
  model: DataModel,
  refTo: (name: string) => string,
): Readonly<Record<string, object>> {
  const ref = (name: string): object => ({ $ref: refTo(name) });
  const ofValue = ({ type, nullable }: DataValue): object =>
    nullable ? { oneOf: [{ type: 'null' }, typeOf(type)] } : typeOf(type);
  const typeOf = (type: DataType): object => {
    switch (type.kind) {
      case 'scalar':
        return SCALARS[type.name];
      case 'enum':
        return { type: 'string', enum: model.enums.get(type.name)?.values ?? [] };
      case 'object':
        return ref(type.name);
      case 'union':
        return { anyOf: type.names.map(ref) };
      case 'list':
        return { type: 'array', items: ofValue(type.items) };
      case 'map':
        return { type: 'object', additionalProperties: ofValue(type.values) };
      case 'json':
        return {};
    }
  };
  const objectOf = ({ fields }: ObjectModel) => ({
    type: 'object',
    properties: Object.fromEntries(fields.map((field) => [field.name, ofValue(field)])),
    required: fields.filter(({ nullable }) => !nullable).map(({ name }) => name),
  });
  return Object.fromEntries([...model.objects].map(([name, object]) => [name, objectOf(object)]));
}
