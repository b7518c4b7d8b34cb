import { decodeRecord } from '../core/cloudevent.js';
import { type Topic, topic } from '../core/ids.js';
import type { TopicFormat } from '../core/topic-format.js';
import type { Logger } from '../observe/log.js';
import type { Metrics } from '../observe/metrics.js';
import type { EventLog, TopicSpec } from '../ports/event-log.js';
import { generationTopic } from './generation.js';
import { hasStates, type Process, type ProcessOptions, process } from './process.js';
import type { AnyService } from './service.js';
import { FIRST_GENERATION, stateTopic } from './state-topic.js';

export interface ServiceParts {
  readonly log: EventLog;
  readonly formats: ReadonlyMap<Topic, TopicFormat>;
  readonly metrics: Metrics;
  readonly logger: Logger;
  /** Begins the groups' names. */
  readonly prefix: string;
  /** How topics of states are made. */
  readonly topics: { readonly partitions: number; readonly replicas: number; readonly create: boolean };
}

/** The consumer group of a service. */
export const groupOf = (service: AnyService, prefix: string): string => `${prefix}-service-${service.name}`;

/** Starts a service of the project, with the topics of its states. Its own topics are there. */
export async function startService(
  service: AnyService,
  parts: ServiceParts,
  starting: AbortSignal,
): Promise<Process> {
  const group = groupOf(service, parts.prefix);
  if (hasStates(service)) await ensureStates(service, group, FIRST_GENERATION, parts, starting);
  return process(processOptions(service, parts), starting);
}

/** Makes sure of the topics of a generation of states. @throws {MillraceError} TOPIC_MISSING */
export async function ensureStates(
  service: AnyService,
  group: string,
  generation: string,
  { log, topics: made }: Pick<ServiceParts, 'log' | 'topics'>,
  signal: AbortSignal,
): Promise<void> {
  const topics = service.topics.map(topic);
  const described = await log.describe(topics, signal);
  const spec = { replicas: made.replicas, config: { 'cleanup.policy': 'compact' } };
  const specs: TopicSpec[] = topics.map((name) => {
    const partitions = described.get(name)?.partitions ?? made.partitions;
    return { topic: stateTopic(group, generation, name), partitions, ...spec };
  });
  specs.push({ topic: generationTopic(group), partitions: 1, ...spec });
  await log.ensureTopics(specs, { create: made.create }, signal);
}

export function processOptions(
  service: AnyService,
  { log, formats, metrics, logger, prefix }: ServiceParts,
): ProcessOptions {
  const { name } = service;
  return {
    log,
    group: groupOf(service, prefix),
    service,
    decode: (record, at) => decodeRecord(record, formats.get(at.topic) ?? { kind: 'CLOUDEVENTS' }, at),
    onInvalid: (at, kind) => metrics.invalid.inc({ topic: at.topic, kind }),
    onFailure: (at, event, err) => {
      metrics.problems.inc({ kind: 'service' });
      metrics.serviceFailures.inc({ service: name });
      logger.warn({ service: name, event: event.id, at, err }, 'a service failed; its batch is given again');
    },
    onHandled: ({ topic: of, partition }, events, lag) => {
      metrics.serviceEvents.inc({ service: name }, events);
      metrics.serviceLag.set({ service: name, topic: of, partition }, lag);
    },
    onLost: ({ topic: of, partition }) => metrics.serviceLag.remove({ service: name, topic: of, partition }),
  };
}
