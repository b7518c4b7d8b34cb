import { readdirSync, readFileSync } from 'node:fs';
import { Kind, parse } from 'graphql';
import type { ConsolePage } from '../../src/console/page.js';

const FOLDER = new URL('../../schema/console/', import.meta.url);

/** A page of the console with all of its schema, where nothing else answers. */
export function pageAlone(page: ConsolePage): readonly ConsolePage[] {
  const others: Record<string, Record<string, () => never>> = { Query: {}, Mutation: {}, Subscription: {} };
  for (const name of readdirSync(FOLDER)) {
    for (const definition of parse(readFileSync(new URL(name, FOLDER), 'utf8')).definitions) {
      const isObject =
        definition.kind === Kind.OBJECT_TYPE_DEFINITION || definition.kind === Kind.OBJECT_TYPE_EXTENSION;
      const root = isObject ? others[definition.name.value] : undefined;
      if (!isObject || root === undefined) continue;
      for (const { name: field } of definition.fields ?? []) {
        if (
          Object.hasOwn(
            page[definition.name.value as 'Query' | 'Mutation' | 'Subscription'] ?? {},
            field.value,
          )
        )
          continue;
        root[field.value] = () => {
          throw new Error(`${field.value} belongs to another page.`);
        };
      }
    }
  }
  return [page, others];
}
