import { subjectsOf } from '../adapters/schema-registry/registry-codec.js';
import type { Bindings } from '../binding/bindings.js';
import { type RegisteredValues, registeredMismatches } from '../binding/data-types/compare-topics.js';
import type { Diagnostic } from '../binding/diagnostic.js';
import type { Topic } from '../core/ids.js';
import type { Project } from '../project/project.js';
import type { Config } from './config.js';
import { openRegistry } from './schema-registry.js';

/** What `checkRegistered` compared, and what it found. */
export interface RegisteredCheck {
  readonly diagnostics: readonly Diagnostic[];
  /** Topics with a schema, without any registered one, and those that were not looked up because no registry is configured. */
  readonly topics: readonly {
    readonly topic: Topic;
    readonly state: 'compared' | 'unregistered' | 'not compared';
  }[];
}

/**
 * Compares the types of topics whose values have a schema with what is registered.
 * @throws {ConfigError} when the registry cannot be reached, or a schema cannot be read
 */
export async function checkRegistered(
  bindings: Bindings,
  project: Project,
  config: Config,
  signal: AbortSignal,
): Promise<RegisteredCheck> {
  const registry = openRegistry(config);
  const encoded = [...bindings.topics.values()].filter(
    ({ topic, format: { encoding, mapping } }) =>
      // An expression makes other data of the value.
      encoding !== undefined && mapping?.mapsData !== true && project.codecs?.[topic] === undefined,
  );
  const registered = new Map<Topic, RegisteredValues>();
  const topics: RegisteredCheck['topics'][number][] = [];
  for (const { topic } of encoded) {
    const subject = subjectsOf(topic).value;
    const found = await registry?.latest(subject, signal);
    if (found !== undefined) registered.set(topic, { subject, model: found.model });
    const state = registry === undefined ? 'not compared' : found === undefined ? 'unregistered' : 'compared';
    topics.push({ topic, state });
  }
  return { topics, diagnostics: registeredMismatches(bindings, project.resolvers ?? {}, registered) };
}
