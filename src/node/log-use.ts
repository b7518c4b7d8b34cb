import type { Bindings } from '../binding/bindings.js';
import { type Topic, topic } from '../core/ids.js';
import { deadLetterTopic } from '../dead-letters/topic-name.js';
import type { LogUse } from '../ports/event-log.js';
import type { Project } from '../project/project.js';
import type { AnyService } from '../services/service.js';
import type { AnyView } from '../views/view.js';
import type { Config } from './config.js';
import { serviceGroup } from './groups.js';
import type { Roles } from './roles.js';

interface Parts {
  readonly roles: Roles;
  readonly bindings: Bindings;
  readonly project: Pick<Project, 'resolvers'>;
  readonly config: Pick<Config, 'DEAD_LETTER_SUFFIX' | 'NAMESPACE'>;
  /** Those that run in this process. */
  readonly services: readonly AnyService[];
  readonly views: readonly AnyView[];
}

/**
 * What the roles of a process do with the log, as far as schema and project say it: "Rights on Kafka" in
 * docs/operating.md. Only code knows the topics of a service's events, and those that a resolver publishes to.
 */
export function logUse(parts: Parts): LogUse {
  const { roles, services, views } = parts;
  const uses = [
    ...(roles.gateway ? [ofGateway(parts)] : []),
    ...(roles.relay ? [ofRelay(parts)] : []),
    ...services.map((service) => ofService(service, parts)),
    ...views.map((view) => ofView(view, parts)),
  ];
  return {
    reads: distinct(uses.flatMap(({ reads = [] }) => reads)),
    writes: distinct(uses.flatMap(({ writes = [] }) => writes)),
    appendsAtomically: uses.some(({ appendsAtomically }) => appendsAtomically === true),
    commits: uses.flatMap(({ commits = [] }) => commits),
  };
}

function ofGateway({ bindings, project, config }: Parts): LogUse {
  const followed = [...bindings.subscribes.values()].map((one) => one.topic);
  const publishes = [...bindings.publishes.values()];
  const outcomes = publishes.flatMap(({ outcome }) => (outcome === undefined ? [] : [outcome.topic]));
  const published = publishes.flatMap(({ events }) => events.map((event) => event.topic));
  return {
    reads: [...followed, ...outcomes],
    writes: [...published, ...lettersOf(followed, config)],
    // A resolver may publish any number of events.
    appendsAtomically:
      publishes.some(({ events }) => events.length > 1) || project.resolvers?.['Mutation'] !== undefined,
  };
}

function ofRelay({ bindings, config }: Parts): LogUse {
  const relayed = [...bindings.topics.values()].filter(({ types }) => types.size > 0).map((one) => one.topic);
  return { reads: relayed, writes: lettersOf(relayed, config) };
}

function ofService(service: AnyService, { config }: Parts): LogUse {
  const inputs = service.topics.map(topic);
  const letters = lettersOf(inputs, config);
  return {
    reads: [...inputs, ...letters],
    writes: letters,
    commits: [{ group: serviceGroup(config, service), topics: inputs }],
  };
}

function ofView(view: AnyView, { config }: Parts): LogUse {
  const inputs = view.topics.map(topic);
  return { reads: inputs, writes: lettersOf(inputs, config) };
}

const lettersOf = (topics: readonly Topic[], { DEAD_LETTER_SUFFIX }: Parts['config']): readonly Topic[] =>
  topics.map((one) => deadLetterTopic(one, DEAD_LETTER_SUFFIX));

const distinct = (topics: readonly Topic[]): readonly Topic[] => [...new Set(topics)];
