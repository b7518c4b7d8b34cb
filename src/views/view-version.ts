import { createHash } from 'node:crypto';
import type { Topic, TopicId } from '../core/ids.js';

/**
 * One version of a view: the prefix of all its entries in the state store. It names
 *
 * - the build: `millrace replay` and a lost store begin a new one, beside the entries of the old one;
 * - the ids of the view's topics (D5): a recreated topic has other events, so it makes another version.
 */
export type ViewVersion = string & { readonly __viewVersion: true };

/** The version of `view` that build `buildId` makes of these topics. */
export function viewVersion(
  view: string,
  buildId: string,
  topics: ReadonlyMap<Topic, { readonly id: TopicId | undefined }>,
): ViewVersion {
  const ids = [...topics].map(([name, { id }]) => `${name} ${id ?? ''}`).sort();
  const hash = createHash('sha256').update(ids.join('\n')).digest('base64url').slice(0, 12);
  return `view:${view}:${buildId}:${hash}` as ViewVersion; // The only place that makes one.
}
