import { parse } from 'graphql';
import type { ResolverMap } from '../../../src/binding/runtime/resolvers.js';
import { CursorCodec, type CursorScope } from '../../../src/core/cursor.js';
import type { TopicFormats } from '../../../src/core/topic-format.js';
import { DeadLetters } from '../../../src/dead-letters/dead-letters.js';
import { Hub } from '../../../src/hub/hub.js';
import { openLogger } from '../../../src/observe/log.js';
import { Metrics } from '../../../src/observe/metrics.js';
import { Subscriptions } from '../../../src/subscribe/subscriptions.js';
import { bound } from '../../binding/schema.js';
import { memoryLayouts } from '../../support/layouts.js';
import { Follower } from './follower.js';
import { ModelFanout } from './model-fanout.js';
import { ModelLog, type Said, TOPIC } from './model-log.js';
import type { Script } from './script.js';

const SCHEMA = `
  type Query { ok: Boolean }
  type Subscription {
    said: Said @subscribe(topic: "said")
    even: Said @subscribe(topic: "said", filter: "event.n % 2 == 0")
    tiered: Said @subscribe(topic: "said") @auth(rule: "claims.tier == 'tin' || event.n >= 0")
    ofKey(key: ID!): Said @subscribe(topic: "said", key: "args.key")
  }
  type Said { n: Int!, slow: Int }`;

export const PARTITIONS = 2;
export const NODES = 2;
/** What a client may subscribe to, and which events that is to show. */
const FIELDS: readonly {
  readonly field: string;
  readonly select?: string;
  wants(said: Said): boolean;
}[] = [
  { field: 'said', wants: () => true },
  { field: 'tiered', wants: () => true },
  { field: 'even', wants: ({ n }) => n % 2 === 0 },
  { field: 'ofKey(key: "a")', wants: ({ key }) => key === 'a' },
  { field: 'said', select: 'n slow', wants: () => true },
];
export const KINDS = FIELDS.length;
/** Of each partition the keys of its events, by murmur2. */
const KEYS = [
  ['a', 'b'],
  ['d', 'f'],
] as const;

/** Two nodes over one log and one fan-out, and clients that come, stop reading, go and resume. */
export class InterleavedStage implements AsyncDisposable {
  readonly log: ModelLog;
  readonly fanout: ModelFanout;
  readonly followers: Follower[] = [];
  readonly #nodes: readonly { readonly hub: Hub; readonly subscriptions: Subscriptions }[];

  constructor(script: Script) {
    this.log = new ModelLog(script, PARTITIONS);
    this.fanout = new ModelFanout(script, this.log);
    const slow = async (event: unknown): Promise<unknown> => {
      await script.wait('a resolver');
      return event instanceof Object && 'n' in event ? event.n : undefined;
    };
    const resolvers: ResolverMap = { Said: { slow } };
    const bindings = bound(SCHEMA, resolvers);
    const logger = openLogger('silent');
    const log = this.log;
    const formats: TopicFormats = new Map([[TOPIC, { kind: 'CLOUDEVENTS' }]]);
    const codec = new WatchedCodec((name) => this.#handled(name));
    this.#nodes = Array.from({ length: NODES }, (_, number) => {
      const metrics = new Metrics();
      const deadLetters = new DeadLetters({ log, metrics, logger });
      const hub = new Hub({
        log,
        fanout: this.fanout.node(number),
        formats,
        layouts: memoryLayouts(formats, log),
        metrics,
        logger,
        ring: { events: 3, bytes: 1 << 20 },
        lingerMs: 1_000,
      });
      return {
        hub,
        subscriptions: new Subscriptions({ bindings, hub, codec, metrics, logger, deadLetters }),
      };
    });
  }

  say(partition: number, key: 0 | 1, hole: number): void {
    this.log.say(partition, KEYS[partition]?.[key] ?? '', hole);
  }

  start(node: number, kind: number, credit: number): void {
    const chosen = FIELDS[kind];
    if (chosen === undefined) throw new Error(`There is no kind ${kind}`);
    const name = `client-${this.followers.length}`;
    this.#run(node, new Follower(name, withSelection(chosen), chosen.wants, credit), undefined);
  }

  /** Another client resumes from one of the cursors that this one received. */
  resume(from: Follower, share: number, node: number, credit: number): void {
    const at = from.received[Math.floor(share * from.received.length)];
    if (at === undefined) return;
    const resumed = new Follower(from.name, from.field, from.wants, credit, from);
    resumed.received.length = from.received.indexOf(at) + 1;
    this.#run(node, resumed, at.cursor);
  }

  faults(): readonly string[] {
    return this.followers.flatMap((follower) => follower.faults(this.log));
  }

  #run(node: number, follower: Follower, after: string | undefined): void {
    this.followers.push(follower);
    const field = follower.field.replace('$after', after === undefined ? 'null' : `"${after}"`);
    const document = parse(`subscription { it: ${field} }`);
    const identity = { claims: { sub: follower.name, tier: 'tin' }, expiresAt: undefined };
    const request = { document, operationName: undefined, variables: {}, identity };
    follower.running = this.#nodes[node]?.subscriptions.start(request, undefined, follower);
  }

  #handled(name: string | undefined): void {
    for (const follower of this.followers) {
      if (follower.name === name) follower.handledAt ??= this.log.said.length;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const follower of this.followers) follower.close();
    for (const { hub } of this.#nodes) await hub[Symbol.asyncDispose]();
  }
}

/** A subscription's own half of the cursor is made once, when it is handled: its subject says whose. */
class WatchedCodec extends CursorCodec {
  readonly #handled: (subject: string | undefined) => void;

  constructor(handled: (subject: string | undefined) => void) {
    super(['secret']);
    this.#handled = handled;
  }

  override tag(scope: CursorScope): string {
    this.#handled(scope.subject);
    return super.tag(scope);
  }
}

function withSelection({ field, select = 'n' }: { field: string; select?: string }): string {
  const called = field.endsWith(')') ? field.replace(/\)$/, ', after: $after)') : `${field}(after: $after)`;
  return `${called} { ${select} }`;
}
