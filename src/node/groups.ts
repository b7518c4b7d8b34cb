import type { Project } from '../project/project.js';
import type { OwnGroups } from '../topology/own-groups.js';
import type { Config } from './config.js';

type Named = { readonly name: string };
type Namespace = Pick<Config, 'NAMESPACE'>;

/** The names of the consumer groups. Changing one makes its part begin at the earliest events. */
export const relayGroup = ({ NAMESPACE }: Namespace): string => `${NAMESPACE}-relay`;
export const serviceGroup = ({ NAMESPACE }: Namespace, { name }: Named): string =>
  `${NAMESPACE}-service-${name}`;
export const viewGroup = ({ NAMESPACE }: Namespace, { name }: Named): string => `${NAMESPACE}-view-${name}`;
export const redriveGroup = ({ NAMESPACE }: Namespace): string => `${NAMESPACE}-dead-letters`;

/** The groups of this installation. */
export const ownGroups = (config: Namespace, { services = [], views = [] }: Project): OwnGroups => ({
  relay: relayGroup(config),
  services: new Map(services.map((one) => [one.name, serviceGroup(config, one)])),
  views: new Map(views.map((one) => [one.name, viewGroup(config, one)])),
  redrive: redriveGroup(config),
});
