import { Kind, parse, Source } from 'graphql';
import { directivesSource, type SchemaSource } from '../sdl/schema-source.js';

/** What a project's schema has already, so that what is imported has other names. */
export interface ProjectNames {
  /** Of types, the built-in ones too. */
  readonly types: ReadonlySet<string>;
  readonly subscriptionFields: ReadonlySet<string>;
  readonly hasQuery: boolean;
  readonly hasSubscription: boolean;
}

/** @throws {GraphQLError} when a file cannot be parsed */
export function projectNames(sources: readonly SchemaSource[]): ProjectNames {
  const types = new Set(['Query', 'Mutation', 'Subscription', 'Int', 'Float', 'String', 'Boolean', 'ID']);
  const own = new Set<string>();
  const subscriptionFields = new Set<string>();
  for (const { name, body } of [directivesSource(), ...sources]) {
    // graphql-js rejects a document without definitions.
    if (body.replace(/#.*/g, '').trim() === '') continue;
    for (const definition of parse(new Source(body, name)).definitions) {
      if (!('name' in definition) || definition.name === undefined) continue;
      if (definition.kind !== Kind.DIRECTIVE_DEFINITION) types.add(definition.name.value);
      own.add(definition.name.value);
      const isObject =
        definition.kind === Kind.OBJECT_TYPE_DEFINITION || definition.kind === Kind.OBJECT_TYPE_EXTENSION;
      if (isObject && definition.name.value === 'Subscription')
        for (const field of definition.fields ?? []) subscriptionFields.add(field.name.value);
    }
  }
  return { types, subscriptionFields, hasQuery: own.has('Query'), hasSubscription: own.has('Subscription') };
}
