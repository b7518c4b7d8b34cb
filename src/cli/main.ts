#!/usr/bin/env node
import { resolve } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { bindSchema, formatDiagnostic } from '../binding/binding.js';
import type { Bindings } from '../binding/bindings.js';
import { breakingChanges } from '../binding/diff/breaking-changes.js';
import { MillraceError } from '../core/errors.js';
import * as deadLetters from '../dead-letters/command.js';
import { type Config, ConfigError, checkRoles, ENVIRONMENT, type Roles, readConfig } from '../node/config.js';
import { openLog, rebuildsOf, startNode, topicNames } from '../node/node.js';
import { openLogger } from '../observe/log.js';
import { Metrics } from '../observe/metrics.js';
import { loadEventSchemas, loadProject, loadSchema, ProjectError } from '../project/loader.js';
import { loadPrevious } from '../project/previous.js';
import type { Project } from '../project/project.js';
import * as replaying from '../rebuild/command.js';
import { isWorker, WorkerFailed, WorkerSide, Workers } from './workers.js';

/** Something the person at the command line can mend: told in their words, without a stack. */
class UserError extends Error {
  constructor(
    message: string,
    readonly exitCode: number,
  ) {
    super(message);
  }
}

async function loadAll(config: Config): Promise<{ project: Project; bindings: Bindings }> {
  const dir = process.cwd();
  const project = await loadProject(dir);
  const sources = await loadSchema(config.SCHEMA, dir);
  const bound = bindSchema({
    sources,
    eventSchemas: await loadEventSchemas(sources, dir),
    ...(project.resolvers === undefined ? {} : { resolvers: project.resolvers }),
    views: project.views ?? [],
  });
  if (bound.ok) return { project, bindings: bound.bindings };
  const { length } = bound.diagnostics;
  const title = `The schema has ${length} error${length === 1 ? '' : 's'}:`;
  throw new UserError([title, ...bound.diagnostics.map(formatDiagnostic)].join('\n'), 1);
}

async function run(roles: Roles, workers = 1): Promise<void> {
  const config = readConfig(process.env);
  checkRoles(config, roles, workers);
  const { project, bindings } = await loadAll(config);
  const logger = openLogger(config.LOG_LEVEL);
  const stop = new AbortController();
  const stopped = new Promise<void>((done) => {
    stop.signal.addEventListener('abort', () => done());
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  const metrics = new Metrics();
  const parts = { config, project, bindings, logger, metrics };
  if (workers > 1 && isWorker()) {
    // The primary has the other roles.
    using side = new WorkerSide(metrics);
    const gateway: Roles = { gateway: true, relay: false, services: [] };
    await using node = await startNode(
      { ...parts, roles: gateway, scrape: () => side.scrape() },
      stop.signal,
    );
    side.started({ url: node.url ?? '', lines: node.lines });
    return await Promise.race([stopped, node.ended]);
  }
  if (workers > 1) {
    await using node = await startNode({ ...parts, roles: { ...roles, gateway: false } }, stop.signal);
    const started = await Workers.start(workers, logger, metrics);
    await using all = started.workers;
    const { url, lines } = started.first;
    tell(url, [...new Set([...node.lines, ...lines]), `workers  ${workers}, on the one port`]);
    return await Promise.race([stopped, node.ended, all.ended]);
  }
  await using node = await startNode({ ...parts, roles }, stop.signal);
  const data = config.KAFKA_BROKERS === undefined ? [`data     ${resolve(config.DATA_DIR)}`] : [];
  tell(node.url, [...node.lines, ...data]);
  await Promise.race([stopped, node.ended]);
}

function tell(url: string | undefined, lines: readonly string[]): void {
  const first = url === undefined ? [] : [`GraphQL  ${url}/graphql  (GraphiQL in a browser, WebSocket, SSE)`];
  process.stdout.write(`${[...first, ...lines].join('\n')}\n`);
}

async function check({ against }: { against?: string }): Promise<void> {
  const config = readConfig(process.env);
  const { project, bindings } = await loadAll(config);
  if (against !== undefined) await checkAgainst(against, config, project);
  const [publish, follow] = [bindings.publishes.size, bindings.subscribes.size];
  const good = `The schema is good: ${publish} ${publish === 1 ? 'field publishes' : 'fields publish'}, ${follow} ${follow === 1 ? 'follows' : 'follow'}.`;
  process.stdout.write(`${[good, ...topicLines(bindings, project)].join('\n')}\n`);
}

/** Each topic, and who names it: one that is misspelt shows by who does not. */
function topicLines(bindings: Bindings, { services = [], views = [] }: Project): string[] {
  const users = new Map([...bindings.topics.keys()].map((name): [string, string[]] => [name, ['fields']]));
  const add = (topics: readonly string[], user: string): void => {
    for (const name of topics) users.set(name, [...(users.get(name) ?? []), user]);
  };
  for (const { name, topics } of services) add(topics, `service ${name}`);
  for (const { name, topics } of views) add(topics, `view ${name}`);
  const width = Math.max(...[...users.keys()].map((name) => name.length));
  return [...users].sort().map(([name, by]) => `  ${name.padEnd(width)}  ${by.join(', ')}`);
}

async function checkAgainst(against: string, config: Config, project: Project): Promise<void> {
  const dir = process.cwd();
  const before = await loadPrevious(against, config.SCHEMA, dir);
  const sources = await loadSchema(config.SCHEMA, dir);
  const after = { sources, eventSchemas: await loadEventSchemas(sources, dir) };
  const changes = breakingChanges(before, against, after, project.resolvers ?? {});
  if (changes.length === 0) return;
  const title = `Since ${against} there ${changes.length === 1 ? 'is 1 change' : `are ${changes.length} changes`} that readers break on:`;
  throw new UserError([title, ...changes.map(formatDiagnostic)].join('\n'), 1);
}

/** Gives `work` the log, and the topics of the project. Nothing else runs. */
async function onLog(
  named: readonly string[],
  work: (command: deadLetters.DeadLettersCommand, config: Config) => Promise<void>,
): Promise<void> {
  const config = readConfig(process.env);
  const { project, bindings } = await loadAll(config);
  const known = topicNames(bindings, project.services ?? []);
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => stop.abort(new UserError(`ended by ${signal}`, 1)));
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  const complain = (line: string): void => void process.stderr.write(`millrace: ${line}\n`);
  process.stdout.on('error', () => undefined); // Whoever read it has gone, as `head` does.
  await using opened = await openLog(config, openLogger(config.LOG_LEVEL));
  await work({ log: opened.log, known, named, say, complain, signal: stop.signal }, config);
}

/** `millrace replay`: nothing but the log, and what folds it. */
async function replay({ group, from }: { group: string; from: string }): Promise<void> {
  const config = readConfig(process.env);
  const { project, bindings } = await loadAll(config);
  const stop = new AbortController();
  const ended = (name: string): UserError =>
    new UserError(`ended by ${name}; the state in use is as it was`, 1);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort(ended(signal)));
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  await using opened = await openLog(config, openLogger(config.LOG_LEVEL));
  const rebuilds = await rebuildsOf(opened, { config, project, bindings });
  await replaying.replay({ rebuilds, group, from, say, signal: stop.signal });
}

function positive(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It is a whole number from 1.');
  return Number(text);
}

function deadLettersCommand(): Command {
  const command = new Command('dead-letters').description('what was set aside in <topic>.dlt');
  command
    .command('list')
    .description('list the dead letters, the newest last')
    .argument('[topic...]', 'of which topics; all of the project when none is named')
    .option('--json', 'one JSON object per line', false)
    .option('--limit <n>', 'how many at the most', positive, 1_000)
    .action((topics: string[], options: { json: boolean; limit: number }) =>
      onLog(topics, (work) => deadLetters.list(work, options)),
    );
  command
    .command('retry')
    .description('put letters back into the topics they came from, each once')
    .argument('[topic...]', 'of which topics; all of the project when none is named')
    .option(
      '--at <place>',
      'only what was at partition@offset of the topic, or topic/partition@offset; may be given again',
      (place: string, others: readonly string[]) => [...others, place],
      [],
    )
    .addHelpText('after', deadLetters.REDRIVE_HELP)
    .action((topics: string[], { at }: { at: readonly string[] }) =>
      onLog(topics, async (work, config) => {
        const group = `${config.RELAY_GROUP}-dead-letters`;
        if (!(await deadLetters.retry(work, { group, at }))) process.exitCode = 1;
      }),
    );
  return command;
}

function commandLine(): Command {
  const environment = Object.entries(ENVIRONMENT).map(([name, about]) => `  ${name.padEnd(20)} ${about}`);
  const program = new Command('millrace')
    .description('A GraphQL subscription gateway over events')
    .addHelpText('after', `\nEnvironment:\n${environment.join('\n')}`)
    .showHelpAfterError();
  program
    .command('start')
    .description('everything in one process, or with several processes that serve clients')
    .addOption(workersOption())
    .action(({ workers }) => run({ gateway: true, relay: true, services: 'all' }, workers));
  program
    .command('gateway')
    .description('serve clients')
    .addOption(workersOption())
    .action(({ workers }) => run({ gateway: true, relay: false, services: [] }, workers));
  program
    .command('relay')
    .description('move events from the log into the fan-out')
    .action(() => run({ gateway: false, relay: true, services: [] }));
  program
    .command('services')
    .description('run services of the project')
    .argument('[name...]', 'which of them; all when none is named')
    .action((names: string[]) =>
      run({ gateway: false, relay: false, services: names.length === 0 ? 'all' : names }),
    );
  program
    .command('check')
    .description('check the schema and the configuration, without starting')
    .option('--against <ref>', 'refuse what breaks readers of the schema at a git ref, or in a folder')
    .action(check);
  program
    .command('replay')
    .description('build the state of a service or view anew from the log, and switch to it')
    .requiredOption('--group <name>', 'the service or view')
    .requiredOption('--from <time>', "'start', or a time such as 2026-01-31T09:30:00Z")
    .addHelpText('after', replaying.REBUILD_HELP)
    .action(replay);
  program.addCommand(deadLettersCommand());
  return program;
}

function workersOption(): Option {
  return new Option('--workers <count>', 'how many processes serve clients, on one port')
    .default(1)
    .argParser((text) => {
      const count = Number(text);
      if (Number.isInteger(count) && count >= 1 && count <= 256) return count;
      throw new InvalidArgumentError('It is a whole number from 1 to 256.');
    });
}

/** What to say, and how to exit. */
function explain(error: unknown): { message: string; exitCode: number } {
  if (error instanceof ConfigError) return { message: error.message, exitCode: 2 };
  if (error instanceof WorkerFailed) return { message: error.message, exitCode: error.exitCode || 1 };
  if (error instanceof UserError) return { message: error.message, exitCode: error.exitCode };
  if (
    error instanceof ProjectError ||
    error instanceof MillraceError ||
    error instanceof deadLetters.DeadLettersError ||
    error instanceof replaying.RebuildError
  )
    return { message: error.message, exitCode: 1 };
  if (error instanceof Error && error.name === 'TimeoutError') {
    return { message: 'The log did not answer while the process started. Is it reachable?', exitCode: 1 };
  }
  if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') {
    return { message: `${error.message}. Stop what listens there, or choose another PORT.`, exitCode: 1 };
  }
  return { message: error instanceof Error ? (error.stack ?? error.message) : String(error), exitCode: 1 };
}

try {
  await commandLine().parseAsync();
} catch (error) {
  const { message, exitCode } = explain(error);
  // A worker has said it by itself.
  if (!(error instanceof WorkerFailed)) process.stderr.write(`millrace: ${message}\n`);
  process.exitCode = exitCode;
}
