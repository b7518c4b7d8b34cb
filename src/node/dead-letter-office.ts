import type { Bindings } from '../binding/bindings.js';
import type { Topic } from '../core/ids.js';
import type { TopicFormats } from '../core/topic-format.js';
import { DeadLetterOffice } from '../dead-letters/office.js';
import type { EventLog } from '../ports/event-log.js';
import type { Project } from '../project/project.js';
import { SchemaFieldTrials } from '../subscribe/trial/field-trials.js';
import type { Config } from './config.js';
import { redriveGroup } from './groups.js';
import { topicNames } from './topics.js';

interface OfficeOf {
  readonly config: Config;
  readonly project: Project;
  readonly bindings: Bindings;
}

/** What works on dead letters, for the command line and the console. @param named further topics to read dead letters of */
export function deadLetterOffice(
  { config, project, bindings }: OfficeOf,
  { log, formats }: { readonly log: EventLog; readonly formats: TopicFormats },
  named: readonly Topic[] = [],
): DeadLetterOffice {
  const { services = [], views = [], resolvers } = project;
  return new DeadLetterOffice({
    log,
    formats,
    fields: new SchemaFieldTrials(bindings, resolvers),
    topics: new Set(topicNames(bindings, [...services, ...views])),
    services: new Set(services.map(({ name }) => name)),
    views: new Set(views.map(({ name }) => name)),
    suffix: config.DEAD_LETTER_SUFFIX,
    group: redriveGroup(config),
    named,
  });
}
