/** The consumer groups of this installation, by the part whose progress they hold. */
export interface OwnGroups {
  /** It moves events to subscriptions, and to mutations that wait for an outcome. */
  readonly relay: string;
  /** By the name of the service or view. */
  readonly services: ReadonlyMap<string, string>;
  readonly views: ReadonlyMap<string, string>;
  /** Puts dead letters back. */
  readonly redrive: string;
}

/** What a group is for, in words: `the service payments`. `undefined`: it belongs to another program. */
export function roleOfGroup(name: string, own: OwnGroups): string | undefined {
  if (name === own.relay) return 'the relay';
  if (name === own.redrive) return 'the redrive of dead letters';
  for (const [kind, groups] of [
    ['service', own.services],
    ['view', own.views],
  ] as const)
    for (const [of, group] of groups) if (group === name) return `the ${kind} ${of}`;
  return undefined;
}

/** The group whose progress is that of a reader of topics, by the reader's id in the topology. */
export function groupOfReader(id: string, own: OwnGroups): string | undefined {
  const name = id.slice(id.indexOf(':') + 1);
  switch (id.slice(0, id.indexOf(':'))) {
    case 'service':
      return own.services.get(name);
    case 'view':
      return own.views.get(name);
    case 'group':
      return name;
    case 'subscription':
    case 'mutation':
      return own.relay;
    default:
      return undefined;
  }
}
