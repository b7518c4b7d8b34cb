import type { DataModel } from '../../core/data-model.js';
import type { Envelope } from '../../core/envelope/envelope.js';
import { lastName } from '../../core/envelope/type-names.js';
import { eventNameOf, pascalCase, UniqueNames } from './names.js';
import type { ProjectNames } from './project-names.js';
import { QUERY_SDL, subscriptionSdl, topicSdl } from './write-topic.js';
import { typeOfName, writeTypes } from './write-types.js';

/** What is known of a topic that is imported. */
export interface ImportedTopic {
  readonly topic: string;
  readonly envelope: Envelope;
  /** Of values with a registered schema. */
  readonly value?: string | undefined;
  readonly key?: string | undefined;
  readonly partitioner?: string | undefined;
  readonly typeSource?: { readonly kind: 'header' | 'field'; readonly name: string } | undefined;
  readonly model: DataModel;
  /** The root of the model that each name of a type in the records stands for. `undefined`: they name none. */
  readonly named?: ReadonlyMap<string, string> | undefined;
  readonly hasTombstones: boolean;
  /** Where it comes from, and what to look at: one line each. */
  readonly comments: readonly string[];
}

/** Writes the file of a topic: what `@topic` says of it, a field that follows it, and its types. */
export function writeImport(imported: ImportedTopic, project: ProjectNames): string {
  const { topic, model, named, envelope, typeSource, hasTombstones, comments } = imported;
  const names = new UniqueNames(project.types);
  const fields = new UniqueNames(project.subscriptionFields);
  const namesOf = new Map([...(named ?? [])].map(([name, root]) => [root, name]));
  const written = writeTypes(model, names, (name) => typeNameOf(name, imported, namesOf.get(name)));
  const types = named && new Map([...named].map(([name, root]) => [name, written.types.get(root) ?? root]));
  const shown = [...new Set(written.types.values())];
  const sdl = [
    comments.map((line) => `# ${line}`).join('\n'),
    topicSdl({ ...imported, envelope, typeSource, types }),
    ...(project.hasQuery ? [] : [QUERY_SDL]),
    ...subscriptionSdl({
      ...{ topic, types: shown, fields, names },
      // Debezium's tombstones repeat a delete, and are not shown.
      nullable: hasTombstones && envelope !== 'DEBEZIUM',
      isExtension: project.hasSubscription,
    }),
    ...written.sdl,
  ];
  return `${sdl.join('\n\n')}\n`;
}

/** @param name of an object @param given what records call it */
function typeNameOf(name: string, { envelope, topic, model }: ImportedTopic, given: string | undefined) {
  // Debezium gives all of its types the same last part: `server.schema.table.Envelope`, `server.schema.table.Value`.
  const [last = '', table = ''] = name.split('.').reverse();
  const isRoot = model.roots.includes(name);
  if (envelope === 'DEBEZIUM') {
    const row = pascalCase(table === '' ? lastName(topic) : table);
    if (isRoot) return `${row}Change`;
    return last === 'Value' || last === 'Row' ? row : undefined;
  }
  if (!isRoot) return undefined;
  // A schema without a title.
  return given === undefined && name === 'Value' ? eventNameOf(topic) : typeOfName(given ?? name);
}
