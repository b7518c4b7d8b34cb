import { createHash } from 'node:crypto';
import { withSignal } from '../core/async.js';
import { Deadline } from '../core/deadline.js';
import { MillraceError } from '../core/errors.js';
import { type Offset, type Topic, topic as topicNamed } from '../core/ids.js';
import type { RecordDecoder } from '../core/record-decoder.js';
import type { EventLog } from '../ports/event-log.js';
import type { GroupListing, ListedGroup } from '../ports/log-inspection.js';
import { FlowMeter, type Movement } from './flow-meter.js';
import { ObservedTopics } from './observed-topics.js';
import { groupOfReader, type OwnGroups, roleOfGroup } from './own-groups.js';
import {
  type NodeKind,
  type Topology,
  type TopologyEdge,
  type TopologyParts,
  topologyOf,
} from './topology.js';

interface LiveMapParts {
  readonly log: Pick<EventLog, 'inspection' | 'bounds' | 'read' | 'describe'>;
  readonly decoder: RecordDecoder;
  readonly parts: Pick<TopologyParts, 'bindings' | 'services' | 'views'>;
  readonly deadLetterSuffix: string;
  readonly own: OwnGroups;
  /** Left out: that of a page. */
  readonly patience?: Patience;
}

/** How long a reading may take, in milliseconds. */
export interface Patience {
  /** For the log's answers. Then the map says so, and shows what it knows. */
  readonly log: number;
  /** For who publishes what: what is not read by then is on a later map. */
  readonly observed: number;
  /** Of how many topics the newest records are read at a time. */
  readonly topics: number;
}

const OF_A_PAGE: Patience = { log: 8_000, observed: 2_000, topics: 10 };

/** A consumer group, and what it is for. */
interface MapGroup extends ListedGroup {
  /** `the service payments`. `undefined`: it belongs to another program. */
  readonly role: string | undefined;
}

/** What moves along an edge, as far as the log tells it. */
export interface Flow extends Movement {
  readonly from: string;
  readonly to: string;
  readonly kind: TopologyEdge['kind'];
}

/** The map at one time. */
export interface MapState {
  readonly topology: Topology;
  /** Changes whenever `topology` does. */
  readonly version: string;
  readonly groups: readonly MapGroup[];
  /** The end of each partition of each topic that exists. */
  readonly ends: ReadonlyMap<Topic, readonly Offset[]>;
  readonly flows: readonly Flow[];
  /** Offsets a second of each topic, dead letters included. */
  readonly rates: ReadonlyMap<string, number | undefined>;
  /** When it was read. */
  readonly at: Date;
  /** What is missing, and why: one sentence each. */
  readonly gaps: readonly string[];
  /** Why the log was not read. `undefined`: it was. */
  readonly failure: unknown;
}

/** C4: how many groups are looked at. */
const MAX_GROUPS = 500;
/** A reading that is younger than this serves everybody who asks. */
const MAX_AGE_MS = 1_900;

/**
 * The map with what moves on it. One reading of the log serves all who look, at most one every two seconds, and none when
 * nobody looks. Never rejects for a log that is away: the map then has the schema and the project, and says what is missing.
 */
export class LiveMap {
  readonly #parts: LiveMapParts;
  /** Dead-letter topics included. */
  readonly #topics: readonly Topic[];
  readonly #letters: ReadonlySet<Topic>;
  readonly #meter = new FlowMeter();
  readonly #observed: ObservedTopics;
  readonly #closed: AbortSignal;
  readonly #patience: Patience;
  #observing: Promise<readonly Topic[]> | undefined;
  #state: { readonly state: MapState; readonly asOf: number } | undefined;
  #reading: Promise<MapState> | undefined;

  /** @param closed aborted when the process stops */
  constructor(parts: LiveMapParts, closed: AbortSignal) {
    this.#parts = parts;
    this.#closed = closed;
    this.#patience = parts.patience ?? OF_A_PAGE;
    this.#observed = new ObservedTopics(parts.log, parts.decoder, this.#patience.topics);
    const { nodes } = topologyOf({ ...parts.parts, deadLetterSuffix: parts.deadLetterSuffix });
    const named = (wanted: NodeKind): Topic[] =>
      nodes.filter(({ kind }) => kind === wanted).map(({ name }) => topicNamed(name));
    this.#letters = new Set(named('deadLetters'));
    this.#topics = [...named('topic'), ...this.#letters];
  }

  /** @throws the reason of `signal`, alone */
  read(signal: AbortSignal): Promise<MapState> {
    const known = this.#state;
    if (known !== undefined && performance.now() - known.asOf < MAX_AGE_MS)
      return Promise.resolve(known.state);
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    return withSignal(this.#reading, signal);
  }

  async #read(): Promise<MapState> {
    using deadline = new Deadline(this.#patience.log);
    const signal = AbortSignal.any([deadline.signal, this.#closed]);
    const gaps: string[] = [];
    let failure: unknown;
    const { inspection } = this.#parts.log;
    let ends: ReadonlyMap<Topic, readonly Offset[]> = this.#state?.state.ends ?? new Map();
    let listing: GroupListing = { groups: this.#state?.state.groups ?? [], leftOut: 0, gaps: [] };
    if (inspection === undefined) gaps.push('This log does not list consumer groups.');
    else {
      try {
        [ends, listing] = await Promise.all([
          inspection.ends(this.#topics, signal),
          inspection.groups(this.#topics, MAX_GROUPS, signal),
        ]);
        this.#meter.add({ atMs: performance.now(), ends, groups: listing.groups });
        gaps.push(...listing.gaps, ...(await this.#observe(ends, signal)));
      } catch (error) {
        failure = error;
        gaps.push(unread(error, deadline.signal.aborted ? this.#patience.log : undefined));
      }
    }
    if (listing.leftOut > 0)
      gaps.push(
        `The log has ${listing.leftOut} more consumer groups: ${MAX_GROUPS} are looked at, those with members first.`,
      );
    const state: MapState = { ...this.#stateOf(ends, listing.groups, gaps), failure };
    this.#state = { state, asOf: performance.now() };
    return state;
  }

  /** Starts to read who publishes what, unless that is under way, and waits a little for it. */
  async #observe(ends: ReadonlyMap<Topic, readonly Offset[]>, signal: AbortSignal): Promise<string[]> {
    const read = new Map([...ends].filter(([topic]) => !this.#letters.has(topic)));
    this.#observing ??= this.#observed.read(read, this.#closed).finally(() => {
      this.#observing = undefined;
    });
    using wait = new Deadline(this.#patience.observed);
    const late = AbortSignal.any([wait.signal, signal]);
    const failed = await withSignal(this.#observing, late).catch((): readonly Topic[] => []);
    return failed.length === 0
      ? []
      : [
          `The newest events of ${failed.join(', ')} cannot be read, so who else publishes there is not shown.`,
        ];
  }

  #stateOf(
    ends: ReadonlyMap<Topic, readonly Offset[]>,
    listed: readonly ListedGroup[],
    gaps: readonly string[],
  ): Omit<MapState, 'failure'> {
    const { parts, deadLetterSuffix, own } = this.#parts;
    const groups = listed.map((group) => ({ ...group, role: roleOfGroup(group.name, own) }));
    const foreign = groups.filter(({ role }) => role === undefined);
    const topology = topologyOf({
      ...parts,
      deadLetterSuffix,
      observed: this.#observed.flows,
      groups: foreign,
    });
    const publishers = new Map<string, number>();
    for (const { kind, to } of topology.edges)
      if (kind === 'publishes') publishers.set(to, (publishers.get(to) ?? 0) + 1);
    return {
      topology,
      version: createHash('sha256').update(JSON.stringify(topology)).digest('base64url').slice(0, 16),
      groups,
      ends,
      flows: topology.edges.map((edge) => this.#flowOf(edge, publishers)),
      rates: new Map(this.#topics.map((name) => [name, this.#meter.topic(name).perSecond])),
      at: new Date(),
      gaps,
    };
  }

  /** @param publishers how many each topic has */
  #flowOf({ from, to, kind }: TopologyEdge, publishers: ReadonlyMap<string, number>): Flow {
    const unknown = { perSecond: undefined, lag: undefined, isLagGrowing: false };
    const movement = (): Movement => {
      switch (kind) {
        case 'publishes':
          // The log does not say whose an event is: with several publishers, only the topic's rate is known.
          return publishers.get(to) === 1 ? this.#meter.topic(nameIn(to)) : unknown;
        case 'fails':
          return this.#meter.topic(nameIn(to));
        case 'reads':
        case 'answers': {
          const group = groupOfReader(to, this.#parts.own);
          return group === undefined ? unknown : this.#meter.group(group, nameIn(from));
        }
        case 'shows':
          return unknown;
      }
    };
    return { from, to, kind, ...movement() };
  }
}

const nameIn = (id: string): string => id.slice(id.indexOf(':') + 1);

/** For people who look at a page: the log says the rest. */
function unread(error: unknown, lateAfterMs: number | undefined): string {
  if (lateAfterMs !== undefined)
    return `The log has not answered within ${lateAfterMs / 1_000} s: rates, lag and groups are as of before.`;
  const why = error instanceof MillraceError ? error.message.replace(/\.$/, '') : 'an unexpected error';
  return `The log cannot be inspected at the moment (${why}): rates, lag and groups are as of before.`;
}
