import { Command } from 'commander';
import { formatDiagnostic } from '../../binding/binding.js';
import type { Bindings } from '../../binding/bindings.js';
import { breakingChanges } from '../../binding/diff/breaking-changes.js';
import { Deadline } from '../../core/deadline.js';
import { checkRegistered } from '../../node/registered-schemas.js';
import { loadEventSchemas, loadSchema } from '../../project/loader.js';
import { loadPrevious } from '../../project/previous.js';
import type { Project } from '../../project/project.js';
import { type Loaded, load } from '../load.js';
import { UserError } from '../user-error.js';
import { checkLive } from './check-live.js';

const REGISTRY_TIMEOUT_MS = 30_000;

export function checkCommand(): Command {
  return new Command('check')
    .description('check the schema and the configuration without starting')
    .option(
      '--against <ref>',
      'also fail on changes that break readers of the schema at a git ref or in a folder',
    )
    .option(
      '--live',
      'also read the newest records of each topic, and fail when they are not as the schema declares',
      false,
    )
    .option('--json', 'with --live: print one JSON object per topic, and nothing else', false)
    .action(check);
}

interface CheckOptions {
  readonly against?: string;
  readonly live: boolean;
  readonly json: boolean;
}

async function check({ against, live, json }: CheckOptions): Promise<void> {
  if (json && !live) throw new UserError('--json needs --live: it prints what the topics have.', 2);
  const loaded = await load();
  if (against !== undefined) await checkAgainst(against, loaded);
  const { bindings, project } = loaded;
  const registered = await registeredLines(loaded);
  const publish = count(bindings.publishes.size, 'field publishes', 'fields publish');
  const follow = count(bindings.subscribes.size, 'follows', 'follow');
  const lines = [
    `The schema is valid: ${publish}, ${follow}.`,
    ...topicLines(bindings, project),
    ...registered,
  ];
  if (!json) process.stdout.write(`${lines.join('\n')}\n`);
  if (live && !(await checkLive(loaded, json))) process.exitCode = 1;
}

const count = (n: number, one: string, many: string): string => `${n} ${n === 1 ? one : many}`;

/**
 * Compares types with registered schemas.
 * @returns what could not be compared @throws {UserError} that lists where they disagree
 */
async function registeredLines({ bindings, project, config }: Loaded): Promise<string[]> {
  using deadline = new Deadline(REGISTRY_TIMEOUT_MS);
  const { diagnostics, topics } = await checkRegistered(bindings, project, config, deadline.signal);
  if (diagnostics.length > 0) {
    const title = `The schema and the registered schemas disagree in ${count(diagnostics.length, 'place', 'places')}:`;
    throw new UserError([title, ...diagnostics.map(formatDiagnostic)].join('\n'), 1);
  }
  const named = (state: string): string =>
    topics.flatMap((one) => (one.state === state ? [one.topic] : [])).join(', ');
  return [
    ['compared', 'Compared with registered schemas'],
    ['unregistered', 'Without a registered schema'],
    ['not compared', 'Not compared with registered schemas, because SCHEMA_REGISTRY_URL is not set'],
  ].flatMap(([state = '', text]) => (named(state) === '' ? [] : [`${text}: ${named(state)}`]));
}

/** Each topic with its users: a misspelt topic is the one with too few. */
function topicLines(bindings: Bindings, { services = [], views = [] }: Project): string[] {
  const users = new Map(
    [...bindings.topics].map(([name, { types }]): [string, string[]] => [
      name,
      types.size > 0 ? ['fields'] : [],
    ]),
  );
  const add = (topics: readonly string[], user: string): void => {
    for (const name of topics) users.set(name, [...(users.get(name) ?? []), user]);
  };
  for (const { name, topics } of services) add(topics, `service ${name}`);
  for (const { name, topics } of views) add(topics, `view ${name}`);
  const width = Math.max(...[...users.keys()].map((name) => name.length));
  return [...users].sort().map(([name, by]) => `  ${name.padEnd(width)}  ${by.join(', ') || '@topic only'}`);
}

/** @throws {UserError} that lists the breaking changes */
async function checkAgainst(against: string, { config, project }: Loaded): Promise<void> {
  const dir = process.cwd();
  const before = await loadPrevious(against, config.SCHEMA, dir);
  const sources = await loadSchema(config.SCHEMA, dir);
  const after = { sources, eventSchemas: await loadEventSchemas(sources, dir) };
  const changes = breakingChanges(before, against, after, project.resolvers ?? {});
  if (changes.length === 0) return;
  const title = `${count(changes.length, 'change', 'changes')} since ${against} would break readers:`;
  throw new UserError([title, ...changes.map(formatDiagnostic)].join('\n'), 1);
}
