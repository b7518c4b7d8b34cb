import type { RegisteredSchema, RegistryClient } from './registry-client.js';

/** A schema, by the name by which another one refers to it. */
export type NamedSchema = RegisteredSchema & { readonly name: string };

/** What a schema refers to, each after those that it refers to itself. @throws {UnknownSchemaError} {RegistryUnavailableError} */
export async function referencesOf(
  client: RegistryClient,
  { references }: RegisteredSchema,
  signal: AbortSignal,
  found: Map<string, NamedSchema> = new Map(),
): Promise<readonly NamedSchema[]> {
  for (const { name, subject, version } of references) {
    if (found.has(name)) continue;
    const schema = await client.version(subject, version, signal);
    await referencesOf(client, schema, signal, found);
    found.set(name, { ...schema, name });
  }
  return [...found.values()];
}
