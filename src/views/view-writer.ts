import pMap from 'p-map';
import type { Decoded } from '../core/cloudevent.js';
import type { Event } from '../core/event.js';
import { partitionName, type TopicPartition } from '../core/position.js';
import { RecentIds } from '../core/recent-ids.js';
import type { LogRecord } from '../core/record.js';
import type { ServiceEvent } from '../services/service.js';
import { toServiceEvent } from '../services/service-event.js';
import type { AnyView } from './view.js';
import type { ViewStore } from './view-store.js';
import type { ViewVersion } from './view-version.js';

export interface ViewWriterOptions {
  readonly view: AnyView;
  readonly store: ViewStore;
  readonly decode: (record: LogRecord, at: TopicPartition) => Decoded;
}

/** How many keys are written at the same time. */
const CONCURRENCY = 32;

interface Placed {
  readonly event: ServiceEvent;
  readonly offset: number;
}

/** Folds records into the states of their keys. */
export class ViewWriter {
  readonly #options: ViewWriterOptions;
  readonly #done = new RecentIds<true>();

  constructor(options: ViewWriterOptions) {
    this.#options = options;
  }

  /**
   * Brings the states up to these records of one partition, in order. What is in a state already is left
   * alone, so it may be done twice, and by two at once (D3).
   * @param touched is given the keys that have a state now
   * @returns how many events there were
   */
  async fold(
    version: ViewVersion,
    at: TopicPartition,
    records: readonly LogRecord[],
    touched?: Set<string>,
  ): Promise<number> {
    const { view } = this.#options;
    const byKey = new Map<string, Placed[]>();
    const seen = new Set<string>();
    let count = 0;
    for (const record of records) {
      const decoded = this.#options.decode(record, at);
      if (!decoded.ok) continue;
      const { event } = decoded;
      if (event.idempotent === true) {
        const name = nameOf(version, at, event);
        if (seen.has(name) || this.#done.has(name)) continue;
        seen.add(name);
      }
      count += 1;
      const given = toServiceEvent(event, record, at.topic);
      const key = view.by === undefined ? given.key : view.by(given);
      if (key === undefined || key === null) continue;
      const list = byKey.get(key) ?? [];
      byKey.set(key, list);
      list.push({ event: given, offset: record.offset });
      touched?.add(key);
    }
    await pMap(byKey, ([key, events]) => this.#apply(version, at, key, events), { concurrency: CONCURRENCY });
    for (const name of seen) this.#done.add(name, true);
    return count;
  }

  /** Remembers idempotent events that are in the states already. */
  recall(version: ViewVersion, at: TopicPartition, records: readonly LogRecord[]): void {
    for (const record of records) {
      const decoded = this.#options.decode(record, at);
      if (decoded.ok && decoded.event.idempotent === true)
        this.#done.add(nameOf(version, at, decoded.event), true);
    }
  }

  async #apply(
    version: ViewVersion,
    at: TopicPartition,
    key: string,
    events: readonly Placed[],
  ): Promise<void> {
    const { store, view } = this.#options;
    const place = partitionName(at);
    for (;;) {
      const found = await store.state(version, key);
      const reached = found?.value.positions[place] ?? -1;
      const fresh = events.filter((one) => one.offset > reached);
      const last = fresh.at(-1);
      if (last === undefined) return;
      let state = found === undefined ? structuredClone(view.initial) : found.value.state;
      for (const { event } of fresh) state = view.fold(state, event);
      const positions = { ...found?.value.positions, [place]: last.offset };
      // Somebody else's write came between: what is fresh is looked at anew.
      if (await store.saveState(version, key, { state: state ?? null, positions }, found?.bytes)) return;
    }
  }
}

const nameOf = (version: ViewVersion, at: TopicPartition, event: Event): string =>
  `${version} ${partitionName(at)} ${event.id}`;
