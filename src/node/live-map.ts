import type { Bindings } from '../binding/bindings.js';
import type { MapParts } from '../console/map/map.js';
import { RecordDecoder } from '../core/record-decoder.js';
import type { ResourceStack } from '../core/resource-stack.js';
import type { TopicFormats } from '../core/topic-format.js';
import type { EventLog } from '../ports/event-log.js';
import type { NodeRegistry } from '../ports/node-registry.js';
import type { Project } from '../project/project.js';
import { LiveMap, type Patience } from '../topology/live-map.js';
import type { Config } from './config.js';
import { ownGroups } from './groups.js';

interface Installation {
  readonly config: Pick<Config, 'NAMESPACE' | 'DEAD_LETTER_SUFFIX'>;
  readonly project: Project;
  readonly bindings: Bindings;
}

/** The map of this installation: of the console, and of `millrace map --live`. */
export function openLiveMap(
  { config, project, bindings }: Installation,
  { log, formats }: { readonly log: EventLog; readonly formats: TopicFormats },
  closed: AbortSignal,
  patience?: Patience,
): LiveMap {
  const { services = [], views = [] } = project;
  return new LiveMap(
    {
      log,
      decoder: new RecordDecoder(formats),
      parts: { bindings, services, views },
      deadLetterSuffix: config.DEAD_LETTER_SUFFIX,
      own: ownGroups(config, project),
      ...(patience !== undefined && { patience }),
    },
    closed,
  );
}

/** What the console's page of the map is made from. `parts` ends its readings. */
export function mapParts(
  installation: Installation,
  {
    log,
    formats,
    nodes,
  }: { readonly log: EventLog; readonly formats: TopicFormats; readonly nodes: NodeRegistry },
  parts: ResourceStack,
): MapParts {
  const closed = new AbortController();
  parts.defer(() => closed.abort());
  const { bindings, config } = installation;
  return {
    live: openLiveMap(installation, { log, formats }, closed.signal),
    nodes,
    bindings,
    log,
    decoder: new RecordDecoder(formats),
    deadLetterSuffix: config.DEAD_LETTER_SUFFIX,
  };
}
