import {
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNullableType,
  isEnumType,
  isListType,
  isNonNullType,
  isObjectType,
  isUnionType,
} from 'graphql';
import {
  type DataModel,
  type DataType,
  type DataValue,
  ModelBuilder,
  scalar,
} from '../../core/data-model.js';
import { dataShape } from '../event-types/data-shape.js';
import { eventTypeNamed } from '../event-types/event-type.js';
import type { ResolverMap } from '../runtime/resolvers.js';

/** What a scalar of GraphQL holds, by its name. `ID` is text. */
const SCALARS: ReadonlyMap<string, DataType> = new Map([
  ['ID', scalar('String')],
  ...(
    [
      'Boolean',
      'Int',
      'Long',
      'BigInt',
      'Float',
      'Decimal',
      'String',
      'DateTime',
      'Date',
      'Time',
      'LocalDateTime',
      'UUID',
      'Bytes',
    ] as const
  ).map((name) => [name, scalar(name)] as const),
]);

/** What the data of events of these types look like, as GraphQL says: fields with a resolver are none of them. */
export function graphQLModel(
  types: Iterable<string>,
  schema: GraphQLSchema,
  resolvers: ResolverMap,
): DataModel {
  const builder = new ModelBuilder();
  const ofValue = (type: GraphQLOutputType): DataValue => ({
    type: typeOf(getNullableType(type)),
    nullable: !isNonNullType(type),
  });
  const typeOf = (type: GraphQLOutputType): DataType => {
    if (isListType(type)) return { kind: 'list', items: ofValue(type.ofType) };
    if (isObjectType(type)) return objectOf(type);
    if (isEnumType(type))
      return builder.enum({ name: type.name, values: type.getValues().map(({ name }) => name) });
    if (isUnionType(type)) {
      for (const member of type.getTypes()) objectOf(member);
      return { kind: 'union', names: type.getTypes().map(({ name }) => name) };
    }
    const name = String(getNullableType(type));
    return SCALARS.get(name) ?? { kind: 'json', because: `the type ${name}` };
  };
  const objectOf = (type: GraphQLObjectType): DataType =>
    builder.object(type.name, undefined, () =>
      [...dataShape(type, resolvers)].flatMap(([name, field]) =>
        // Of an object type, every field has an output type.
        field === undefined ? [] : [{ name, ...ofValue(field as GraphQLOutputType) }],
      ),
    );
  const roots = [...types].flatMap((name) => eventTypeNamed(name, schema) ?? []);
  for (const type of roots) objectOf(type);
  return builder.build(roots.map(({ name }) => name));
}
