import { type Offset, offset, partition, type Topic, topic } from '../../core/ids.js';
import type { Position } from '../../core/position.js';
import type { GroupListing, ListedGroup, LogInspection } from '../../ports/log-inspection.js';
import type { EmbeddedStore } from './store.js';

/** What pages ask of the embedded log. Its groups are those of this process. */
export class EmbeddedInspection implements LogInspection {
  readonly #store: EmbeddedStore;

  constructor(store: EmbeddedStore) {
    this.#store = store;
  }

  async groups(topics: readonly Topic[], limit: number, signal: AbortSignal): Promise<GroupListing> {
    signal.throwIfAborted();
    const wanted = new Set(topics);
    const progress = this.#progress(wanted);
    const running = this.#store.groups.running();
    const names = [...new Set([...running.keys(), ...progress.keys()])].sort();
    const groups = names.map((name): ListedGroup => {
      const members = running.get(name) ?? [];
      const positions = progress.get(name) ?? [];
      const used = [...members.flatMap((of) => of.topics), ...positions.map((at) => at.topic)];
      return {
        name,
        protocol: undefined,
        state: members.length > 0 ? 'Stable' : 'Empty',
        members: members.length,
        clients: [],
        topics: [...new Set(used.filter((one) => wanted.has(one)))].sort(),
        progress: positions,
      };
    });
    const used = groups.filter((group) => group.topics.length > 0);
    return { groups: used.slice(0, limit), leftOut: Math.max(0, used.length - limit), gaps: [] };
  }

  async ends(topics: readonly Topic[], signal: AbortSignal): Promise<ReadonlyMap<Topic, readonly Offset[]>> {
    signal.throwIfAborted();
    const { journal } = this.#store;
    const existing = topics.filter((name) => journal.has(name));
    return new Map(existing.map((name) => [name, journal.bounds(name).map(({ end }) => end)]));
  }

  async topics(signal: AbortSignal): Promise<ReadonlyMap<Topic, number>> {
    signal.throwIfAborted();
    return this.#store.journal.topics;
  }

  #progress(wanted: ReadonlySet<Topic>): ReadonlyMap<string, Position[]> {
    const found = new Map<string, Position[]>();
    for (const { key, value } of this.#store.tables.progress.getRange()) {
      const [group, name, number] = key;
      if (!wanted.has(topic(name))) continue;
      const at = { topic: topic(name), partition: partition(number), offset: offset(value) };
      const of = found.get(group);
      if (of === undefined) found.set(group, [at]);
      else of.push(at);
    }
    return found;
  }
}
