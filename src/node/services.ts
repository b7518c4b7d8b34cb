import type { Bindings } from '../binding/bindings.js';
import { floatFields } from '../binding/event-types/float-fields.js';
import { RecordDecoder } from '../core/record-decoder.js';
import { RecordEncoder } from '../core/record-encoder.js';
import type { TopicFormats } from '../core/topic-format.js';
import type { Logger } from '../observe/log.js';
import type { Metrics } from '../observe/metrics.js';
import { serviceReports } from '../observe/service-reports.js';
import type { EventTracer } from '../observe/tracing/tracer.js';
import type { WarningThrottle } from '../observe/warning-throttle.js';
import { placingOf } from '../placement/topic-layouts.js';
import type { EventLog } from '../ports/event-log.js';
import type { StateStore } from '../ports/state-store.js';
import type { Project } from '../project/project.js';
import type { Rebuild } from '../rebuild/rebuild.js';
import type { AnyService } from '../services/service.js';
import { ServiceRebuild } from '../services/service-rebuild.js';
import { runService } from '../services/service-runner.js';
import type { AnyView } from '../views/view.js';
import { ViewRebuild } from '../views/view-rebuild.js';
import { ViewStore } from '../views/view-store.js';
import { ViewWorker } from '../views/view-worker.js';
import type { Backends } from './backends.js';
import { type Config, ConfigError } from './config.js';
import { serviceGroup, viewGroup } from './groups.js';
import { topicFormats } from './topics.js';

export interface ServiceDependencies {
  readonly log: EventLog;
  readonly bindings: Bindings;
  readonly formats: TopicFormats;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly warnings: WarningThrottle;
  readonly config: Config;
  readonly tracer?: EventTracer | undefined;
}

/** For services and views: it gives their code the data of events with the types of the schema. */
function decoderOf({ schema }: Bindings, formats: TopicFormats): RecordDecoder {
  return new RecordDecoder(formats, floatFields(schema));
}

export function startService(
  service: AnyService,
  { log, bindings, formats, metrics, logger, warnings, config, tracer }: ServiceDependencies,
  starting: AbortSignal,
) {
  return runService(
    {
      log,
      group: serviceGroup(config, service),
      service,
      stateTopics: { create: config.TOPIC_CREATE, replicas: config.TOPIC_REPLICAS },
      decoder: decoderOf(bindings, formats),
      encoder: new RecordEncoder(formats),
      maxAttempts: config.SERVICE_MAX_ATTEMPTS,
      deadLetterSuffix: config.DEAD_LETTER_SUFFIX,
      tracer,
      placingOf: (of) => placingOf(of, formats, log),
      ...serviceReports(service, metrics, logger, warnings),
      onInvalid: (at, kind) => metrics.invalid.inc({ topic: at.topic, kind }),
    },
    starting,
  );
}

export interface ViewDependencies {
  readonly log: EventLog;
  readonly store: StateStore;
  readonly bindings: Bindings;
  readonly formats: TopicFormats;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly config: Config;
}

export function startView(
  view: AnyView,
  { log, store, bindings, formats, metrics, logger, config }: ViewDependencies,
): ViewWorker {
  const group = viewGroup(config, view);
  const decoder = decoderOf(bindings, formats);
  return new ViewWorker({
    view,
    log,
    store: new ViewStore(store),
    group,
    decoder,
    metrics,
    logger,
    maxAttempts: config.SERVICE_MAX_ATTEMPTS,
    deadLetterSuffix: config.DEAD_LETTER_SUFFIX,
  });
}

/** The services and views of the project that have state, which `millrace replay` can rebuild from the log. */
export async function rebuildable(
  { log, registry, openStateStore }: Backends,
  { config, project, bindings }: { config: Config; project: Project; bindings: Bindings },
): Promise<readonly Rebuild[]> {
  const formats = topicFormats(bindings, project, registry);
  const decoder = decoderOf(bindings, formats);
  const services = (project.services ?? [])
    .filter(({ initial }) => initial !== undefined)
    .map((service) => {
      const group = serviceGroup(config, service);
      const { TOPIC_REPLICAS: replicas, DEAD_LETTER_SUFFIX: deadLetterSuffix } = config;
      return new ServiceRebuild({
        log,
        group,
        service,
        decoder,
        replicas,
        deadLetterSuffix,
        placingOf: (of) => placingOf(of, formats, log),
      });
    });
  const { views = [] } = project;
  if (views.length === 0) return services;
  const store = new ViewStore(await openStateStore());
  const deadLetterSuffix = config.DEAD_LETTER_SUFFIX;
  return [
    ...services,
    ...views.map((view) => new ViewRebuild({ view, log, store, decoder, deadLetterSuffix })),
  ];
}

/**
 * The services and views that run in this process: all of the project's, or the named ones.
 * @throws {ConfigError} for a name that the project does not have
 */
export function selectServices(
  { services = [], views = [] }: Project,
  names: readonly string[] | 'all',
): { readonly services: readonly AnyService[]; readonly views: readonly AnyView[] } {
  if (names === 'all') return { services, views };
  const known = new Set([...services, ...views].map(({ name }) => name));
  for (const name of names) {
    if (known.has(name)) continue;
    const list = [...known].join(', ') || 'none';
    throw new ConfigError(`There is no service or view named ${name}; the project has: ${list}.`);
  }
  const isNamed = ({ name }: { readonly name: string }): boolean => names.includes(name);
  return { services: services.filter(isNamed), views: views.filter(isNamed) };
}
