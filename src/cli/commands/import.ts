import { access, mkdir, writeFile } from 'node:fs/promises';
import { dirname, relative } from 'node:path';
import { Command } from 'commander';
import { directivesSource, type SchemaSource } from '../../binding/binding.js';
import { projectNames } from '../../binding/data-types/project-names.js';
import { writeImport } from '../../binding/data-types/write-import.js';
import { Deadline } from '../../core/deadline.js';
import { topic as topicNamed } from '../../core/ids.js';
import { openBackends } from '../../node/backends.js';
import { readConfig } from '../../node/config.js';
import { openRegistry } from '../../node/schema-registry.js';
import { StartWaits } from '../../node/start-waits.js';
import { importTopic } from '../../node/topic-import.js';
import { RegistryNeeded } from '../../node/topic-samples.js';
import { openLogger } from '../../observe/log.js';
import { Metrics } from '../../observe/metrics.js';
import { loadProject, loadSchema, ProjectError } from '../../project/loader.js';
import { UserError } from '../user-error.js';

const TIMEOUT_MS = 60_000;
const TOPIC_NAME = /^[\w.-]{1,249}$/;

export function importCommand(): Command {
  return new Command('import')
    .description(
      'write the GraphQL types of a topic that exists, from its registered schema or its newest records',
    )
    .requiredOption('--topic <name>', 'the topic')
    .option('--out <file>', 'the file to write, such as schema/orders.graphql (default: standard output)')
    .option('--force', 'overwrite the file', false)
    .action(importOne);
}

interface ImportOptions {
  readonly topic: string;
  readonly out?: string;
  readonly force: boolean;
}

async function importOne({ topic, out, force }: ImportOptions): Promise<void> {
  if (out !== undefined && !force && (await exists(out)))
    throw new UserError(`${out} exists. Choose another file, or add --force to overwrite it.`, 2);
  if (!TOPIC_NAME.test(topic))
    throw new UserError(
      `${topic} is not a topic name: 1 to 249 of the characters a-z, A-Z, 0-9, '.', '_' and '-'.`,
      2,
    );
  const config = readConfig(process.env);
  const dir = process.cwd();
  const project = await loadProject(dir);
  const sources = await sourcesOf(config.SCHEMA, dir, out);
  checkNotDeclared(topic, sources);
  await using backends = await openBackends({ config, project }, new Metrics(), openLogger(config.LOG_LEVEL));
  using deadline = new Deadline(TIMEOUT_MS);
  const registry = openRegistry(config);
  const waits = new StartWaits((sentence) => process.stderr.write(`millrace: ${sentence}\n`));
  const reading = importTopic(topicNamed(topic), backends.log, registry, deadline.signal);
  const imported = await waits
    .for(`${backends.log.description} to answer about ${topic}`, reading)
    .catch((error: unknown) => {
      if (!(error instanceof RegistryNeeded)) throw error;
      throw new UserError(
        `The values of ${topic} begin with the id of a schema. Set SCHEMA_REGISTRY_URL to the registry that has it.`,
        2,
      );
    });
  if (imported === undefined)
    throw new UserError(
      `Nothing says what ${topic} has: ${config.KAFKA_BROKERS === undefined ? 'the embedded log' : 'Kafka'} has no records of it that can be read${registry === undefined ? ', and SCHEMA_REGISTRY_URL is not set' : `, and the registry has no schema ${topic}-value`}. Check the topic's name${config.KAFKA_BROKERS === undefined ? ', and set KAFKA_BROKERS if it is in Kafka' : ''}.`,
      1,
    );
  const sdl = writeImport(imported, projectNames(sources));
  if (out === undefined) process.stdout.write(sdl);
  else {
    await mkdir(dirname(out), { recursive: true });
    await writeFile(out, sdl);
    process.stdout.write(`Wrote ${out}. Look at it, then: millrace check && millrace start\n`);
  }
}

const exists = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );

/** The files of the project, but for the one that is overwritten. A project may have none yet. */
async function sourcesOf(
  patterns: readonly string[],
  dir: string,
  out: string | undefined,
): Promise<readonly SchemaSource[]> {
  const without = out === undefined ? undefined : relative(dir, out);
  try {
    const sources = await loadSchema(patterns, dir);
    return sources.filter(({ name, body }) => name !== without && body !== directivesSource().body);
  } catch (error) {
    if (error instanceof ProjectError) return [];
    throw error;
  }
}

/** Two declarations of one topic are an error of the schema. */
function checkNotDeclared(topic: string, sources: readonly SchemaSource[]): void {
  const declaration = new RegExp(`@topic\\s*\\(\\s*name\\s*:\\s*"${topic.replace(/[.]/g, '\\.')}"`);
  const source = sources.find(({ body }) => declaration.test(body.replace(/#.*/g, '')));
  if (source !== undefined)
    throw new UserError(
      `${source.name} declares the topic ${topic} already. Remove its @topic to import it again.`,
      1,
    );
}
