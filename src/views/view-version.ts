import { createHash } from 'node:crypto';
import type { Topic, TopicId } from '../core/ids.js';

/**
 * One building of a view: of these very topics (D5: one that is made anew under an old name has other events),
 * in one buildId, of which `millrace replay` makes new ones. Begins the names of all its entries.
 */
export type ViewVersion = string & { readonly __viewVersion: true };

export function viewVersion(
  view: string,
  buildId: string,
  topics: ReadonlyMap<Topic, TopicId | undefined>,
): ViewVersion {
  const ids = [...topics].map(([name, id]) => `${name} ${id ?? ''}`).sort();
  const life = createHash('sha256').update(ids.join('\n')).digest('base64url').slice(0, 12);
  return `view:${view}:${buildId}:${life}` as ViewVersion;
}
