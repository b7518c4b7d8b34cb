import pMap from 'p-map';
import type { Event } from '../core/event.js';
import type { Offset } from '../core/ids.js';
import { integerDigits } from '../core/integer-digits.js';
import { partitionName, type TopicPartition } from '../core/position.js';
import type { LogRecord } from '../core/record.js';
import type { RecordDecoder } from '../core/record-decoder.js';
import { EventDeduplicator } from '../services/event-deduplicator.js';
import { InputFailure } from '../services/input-failure.js';
import type { ServiceEvent } from '../services/service.js';
import { toServiceEvent } from '../services/service-event.js';
import type { AnyView } from './view.js';
import type { KeyState, ViewStore } from './view-store.js';
import type { ViewVersion } from './view-version.js';

export interface ViewWriterOptions {
  readonly view: AnyView;
  readonly store: ViewStore;
  readonly decoder: RecordDecoder;
}

/** How many keys are written at the same time. */
const MAX_CONCURRENT_KEYS = 32;

interface PlacedEvent {
  readonly event: ServiceEvent;
  readonly offset: Offset;
}

/** Folds records into the states of a view's keys. */
export class ViewWriter {
  readonly #options: ViewWriterOptions;
  readonly #deduplicator = new EventDeduplicator();

  constructor(options: ViewWriterOptions) {
    this.#options = options;
  }

  /**
   * Folds consecutive records of one partition into the states. D3: a state names the last event of each
   * partition that is in it, and skips what is not newer. So the same records may be folded again, even by
   * two workers at once, and each event is in a state once.
   * @param changedKeys collects the keys that these records have changed
   * @throws {InputFailure} when the view failed on an event
   * @returns how many events the records held: duplicates and invalid records do not count
   */
  async fold(
    version: ViewVersion,
    at: TopicPartition,
    records: readonly LogRecord[],
    signal: AbortSignal,
    changedKeys?: Set<string>,
  ): Promise<number> {
    const { decoder } = this.#options;
    const ready = decoder.prepare(at.topic, records, signal);
    if (ready !== undefined) await ready;
    const byKey = new Map<string, PlacedEvent[]>();
    const pending = new Set<string>();
    const scope = scopeOf(version, at);
    let count = 0;
    for (const record of records) {
      const decoded = decoder.decode(record, at);
      if (!decoded.ok || !this.#deduplicator.admit(scope, decoded.event, pending)) continue;
      count += 1;
      const { event, key } = this.#read(decoded.event, record, at);
      if (key === undefined || key === null) continue;
      const events = byKey.get(key) ?? [];
      byKey.set(key, events);
      events.push({ event, offset: record.offset });
      changedKeys?.add(key);
    }
    await pMap(byKey, ([key, events]) => this.#apply(version, at, key, events), {
      concurrency: MAX_CONCURRENT_KEYS,
    });
    this.#deduplicator.confirm(pending);
    return count;
  }

  /** @throws {InputFailure} when its data cannot be read, or `by` fails */
  #read(
    decoded: Event,
    record: LogRecord,
    at: TopicPartition,
  ): { readonly event: ServiceEvent; readonly key: string | null | undefined } {
    const { view, decoder } = this.#options;
    const { by, name } = view;
    try {
      const event = toServiceEvent(decoded, record, at.topic, decoder);
      return { event, key: by === undefined ? event.key : viewKey(by(event), name) };
    } catch (error) {
      throw new InputFailure(record.offset, error);
    }
  }

  /** D1: remembers the idempotent events among records that are in the states already. */
  async remember(
    version: ViewVersion,
    at: TopicPartition,
    records: readonly LogRecord[],
    signal: AbortSignal,
  ): Promise<void> {
    await this.#options.decoder.prepare(at.topic, records, signal);
    const scope = scopeOf(version, at);
    for (const record of records) {
      const decoded = this.#options.decoder.decode(record, at);
      if (decoded.ok) this.#deduplicator.remember(scope, decoded.event);
    }
  }

  async #apply(
    version: ViewVersion,
    at: TopicPartition,
    key: string,
    events: readonly PlacedEvent[],
  ): Promise<void> {
    const { store, view } = this.#options;
    const partition = partitionName(at);
    for (;;) {
      const stored = await store.state(version, key);
      const folded = stored?.value.positions[partition] ?? -1;
      const newer = events.filter((one) => one.offset > folded);
      const last = newer.at(-1);
      if (last === undefined) return;
      let state = stored === undefined ? structuredClone(view.initial) : stored.value.state;
      for (const { event, offset } of newer) {
        try {
          state = view.fold(state, event);
        } catch (error) {
          throw new InputFailure(offset, error);
        }
      }
      const positions = { ...stored?.value.positions, [partition]: last.offset };
      const next = { state: state ?? null, positions };
      if (await this.#save(version, key, next, stored?.bytes, last.offset)) return;
      // Another worker has written the key in between. Its state may hold some of these events: start over.
    }
  }

  async #save(
    version: ViewVersion,
    key: string,
    state: KeyState,
    expected: Buffer | undefined,
    last: Offset,
  ): Promise<boolean> {
    try {
      return (await this.#options.store.saveState(version, key, state, expected)) !== undefined;
    } catch (error) {
      // What `JSON.stringify` throws for a state that is not JSON, such as one that contains itself, or is nested too deeply.
      if (error instanceof TypeError || error instanceof RangeError) throw new InputFailure(last, error);
      throw error;
    }
  }
}

/**
 * The key that `by` has computed, as the `key` of `@view` computes it from arguments. Data has numbers where other
 * producers write ids as numbers: 7, 7.0 and "7" are one key.
 * @throws {TypeError} for what is not a key
 */
function viewKey(key: unknown, view: string): string | null | undefined {
  if (typeof key === 'string' || key === null || key === undefined) return key;
  const digits = typeof key === 'number' || typeof key === 'bigint' ? integerDigits(String(key)) : undefined;
  if (digits !== undefined) return digits;
  throw new TypeError(`The view ${view} computed a key that is neither text nor an integer: ${typeof key}.`);
}

/** An event is a duplicate only within one version: another version has to fold it as well. */
const scopeOf = (version: ViewVersion, at: TopicPartition): string => `${version} ${partitionName(at)}`;
